"""The curl commands that the documentation shows, ready to be run against a mesh on other ports than the defaults."""

import re
import shlex

DEFAULT_PORTS = {
    "model-server": 8080, "payload-tap": 9080, "request-logger": 8090, "drift-detector": 8091,
    "outlier-detector": 8092, "adversarial-detector": 8093, "explainer": 8094,
}
# Something that the reader puts in: an id, an elision, a file.
PLACEHOLDER = re.compile(r"<id>|…|@|&$")


def curl_commands(text):
    """The commands beginning with `curl` in the code blocks of a Markdown page, in order, without those to be filled in."""
    for block in re.findall(r"^```(?:console|sh)\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        lines = iter(block.splitlines())
        for line in lines:
            command = line.removeprefix("$ ")
            if not command.startswith("curl "):
                continue
            while not is_whole(command):
                command += "\n" + next(lines)
            if not PLACEHOLDER.search(command):
                yield command


def is_whole(command):
    """Whether no quote and no backslash asks for a further line."""
    if command.endswith("\\"):
        return False
    try:
        shlex.split(command)
    except ValueError:
        return False
    return True


def for_mesh(command, mesh):
    """The command at the mesh's addresses; it fails where it is answered an error."""
    addresses = {port: mesh.address(executable) for executable, port in DEFAULT_PORTS.items()}
    addresses[9089] = next(s["settings"]["control.listen"] for s in mesh.services if s["executable"] == "payload-tap")
    for port, address in addresses.items():
        command = re.sub(rf"(?:localhost|127\.0\.0\.1):{port}\b", address, command)
    return command.replace("curl ", "curl -sS --fail-with-body ", 1)
