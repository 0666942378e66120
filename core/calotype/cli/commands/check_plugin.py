"""`calotype check-plugin`: does a plugin conform?"""

from __future__ import annotations

from calotype.cli.console import say, say_json
from calotype.cli.options import Json
from calotype.errors import PluginError, exit_code
from calotype.testing import check_plugin as check


def check_plugin(plugin: str, /, *, json: Json = False) -> int:
    """Check a plugin: that it loads, keeps to the public interface, and that its nodes do what they say.

    Parameters
    ----------
    plugin
        Its folder, or its name where it is installed.
    """
    report = check(plugin)
    if json:
        say_json(report.to_dict(), indented=True)
    else:
        say(str(report))
    return 0 if report.ok else exit_code(PluginError(""))
