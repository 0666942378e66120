"""Files of the host by folder and name, and by content: the one place that joins a user's string to a path."""

from calotype.files.folders import Files
from calotype.files.hashes import Hashes, file_hash
from calotype.files.names import check_name, inside
from calotype.files.weights import read_header, safetensors_header

__all__ = ["Files", "Hashes", "check_name", "file_hash", "inside", "read_header", "safetensors_header"]
