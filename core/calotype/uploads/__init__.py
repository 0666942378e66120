"""Pictures that somebody sends: looked at before they are decoded, decoded elsewhere, kept by their content."""

from calotype.uploads.header import Bounds, Header, look
from calotype.uploads.uploads import Uploaded, Uploads, not_kept

__all__ = ["Bounds", "Header", "Uploaded", "Uploads", "look", "not_kept"]
