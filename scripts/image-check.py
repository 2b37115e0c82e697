#!/usr/bin/env python3
"""Holds docker/Dockerfile to what is in the tree and to what the built executables open, without building an image.

    scripts/image-check.py        after `swift build -c release`; scripts/check runs it

- Every package that it installs is one of the distribution's (where apt is here to be asked).
- Every path that it copies from the tree is there, and so is every product of the build that it copies; every executable of
  Package.swift has a stage, an entry point and a place in the list that is built.
- Every library that an executable opens, at its start or later by name, is in the image: the base's, a package's that its
  stage installs, or the Swift runtime's, which is linked in there (`--static-swift-stdlib`).
"""
import functools
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILT = ROOT / ".build" / "release"
# What every image of Debian has: dpkg and apt are linked with them.
BASE = {"libc6", "libgcc-s1", "libstdc++6"}
# Swift's runtime and Foundation, of which nothing is left to open in a static build.
RUNTIME = re.compile(r"libswift|lib_?Foundation|libdispatch|libBlocksRuntime")
# Opened by name when an address or a model asks for them, and not linked: what has to be installed for them, or why nothing.
BY_NAME = {"libnats.so": "libnats3.4", "libpq.so": "libpq5", "libcurl.so": "libcurl4", "libonnxruntime.so": None}  # ONNX Runtime is mounted: `onnx.library`

failures = []


def check(condition, message):
    if not condition:
        failures.append(message)


def output(*command):
    return subprocess.run(command, capture_output=True, text=True).stdout


def stages(text):
    """The instructions of each stage by its name, those of the stages that it builds on first."""
    found, name = {}, None
    for line in re.sub(r"\\\n", " ", text).splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if words[0] == "FROM":
            name = words[3] if len(words) > 3 else words[1]
            found[name] = list(found.get(words[1], []))
        else:
            found[name].append((words[0], line.split(None, 1)[1].strip()))
    return found


def packages(instructions):
    """What `apt-get install` is given."""
    names = set()
    for verb, rest in instructions:
        for command in re.findall(r"apt-get install ([^&;]*)", rest) if verb == "RUN" else []:
            names |= {word for word in command.split() if not word.startswith("-")}
    return names


@functools.cache
def owner(library):
    """The package that a library's file is of."""
    for path in (library, library.removeprefix("/usr"), "/usr" + library, str(pathlib.Path(library).resolve())):
        for line in output("dpkg", "-S", path).splitlines():  # slow: it reads every package's list
            if ": " in line and not line.startswith("diversion"):
                return line.split(":")[0]
    return None


def check_stage(name, instructions, executables):
    for verb, rest in instructions:
        if verb != "COPY":
            continue
        words = [word for word in rest.split() if not word.startswith("--")]
        for source in words[:-1]:
            if "--from=build" in rest:
                product = source.removeprefix("/out/")
                check(product in executables or (BUILT / product).exists(), f"{name} copies {source}, which no build makes")
            else:
                check((ROOT / source).exists(), f"{name} copies {source}, which is not in the tree")


def check_libraries(name, installed):
    """Whether a built executable finds in its image what it opens."""
    executable = BUILT / name
    if not executable.exists():
        failures.append(f"{executable.relative_to(ROOT)} is not built")
        return
    for line in output("ldd", str(executable)).splitlines():
        library, _, path = line.strip().partition(" => ")
        path = path.split(" (")[0]
        if not path or RUNTIME.match(library):
            continue
        package = owner(path)
        check(package in BASE | installed, f"{name} opens {library} of {package}, which its stage does not install")
    content = executable.read_bytes()
    for library, package in BY_NAME.items():
        if package and library.encode() in content:
            check(package in installed, f"{name} may open {library}, and its stage does not install {package}")


def main():
    text = (ROOT / "docker" / "Dockerfile").read_text()
    found = stages(text)
    executables = re.findall(r'^        executable\("([\w-]+)"', (ROOT / "Package.swift").read_text(), re.M)
    check(len(executables) >= 8, f"Package.swift has the executables {executables}")
    built = re.search(r"for name in ([\w\s-]+); do", text)
    check(built and set(built[1].split()) == set(executables), f"the build stage makes {built and built[1]}")
    for name, instructions in found.items():
        check_stage(name, instructions, executables)
        if shutil.which("apt-cache"):
            for package in packages(instructions):
                check(output("apt-cache", "show", "--no-all-versions", package), f"{name} installs {package}, which apt does not know")
    for name in executables:
        if name not in found:
            failures.append(f"docker/Dockerfile has no stage {name}")
            continue
        check(("ENTRYPOINT", f'["{name}"]') in found[name], f"the stage {name} does not start {name}")
        check(any(verb == "USER" for verb, _ in found[name]) and [rest for verb, rest in found[name] if verb == "USER"][-1] == "65532:65532", f"{name} runs as root")
        if shutil.which("dpkg") and shutil.which("ldd"):
            check_libraries(name, packages(found[name]))
    for failure in failures:
        print(f"image-check: {failure}", file=sys.stderr)
    print(f"image-check: {len(found)} stages, {len(executables)} executables, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
