"""Make the project's own virtual environment: `python3 scripts/bootstrap.py PROFILE`.

PROFILE is `lab` (everything to work with notebooks and the embedded model) or `test` (that, and what the tests need).
Written in the Python that very old interpreters still parse, so that they can say what is missing instead of failing
to read this file. Needs nothing but the standard library.

A finished profile leaves a stamp that names what it was made from; anything else (an interrupted first time, a moved
checkout, a changed pyproject.toml) makes the next call carry on from what is there.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
EXTRAS = {"lab": "lab", "test": "dev"}
OLDEST = (3, 11)
FETCHED = re.compile(r"\s*(?:Downloading|Using cached|Processing) (?:\S*/)?([^\s/-]+)-\S+\.whl( \([\d.]+ .?B\))?")


def say(text):
    """Print one line at once, also into a log."""
    sys.stdout.write("agentkit: " + text + "\n")
    sys.stdout.flush()


def stop(text, command):
    """End with what is missing and the command that mends it."""
    sys.stderr.write("agentkit: " + text + "\n  type: " + command + "\n")
    sys.exit(1)


def check_system():
    """Name the part of the system that is missing, if one is."""
    debian = os.path.exists("/etc/debian_version")
    found = "%d.%d" % sys.version_info[:2]
    if sys.version_info[:2] < OLDEST:
        mend = "brew install python@3.13" if sys.platform == "darwin" else "sudo apt install python3.11 python3.11-venv"
        stop(
            "Python 3.11 or newer is needed; " + sys.executable + " is " + found,
            mend + "   then: make PYTHON=python3.x ...",
        )
    try:
        import ensurepip  # noqa: F401 — Debian leaves it out of python3; venv cannot fill an environment without it
        import venv  # noqa: F401
    except ImportError:
        package = "python%s-venv" % found if debian else "the venv module of your Python"
        stop(
            "this Python cannot make virtual environments",
            "sudo apt install " + package if debian else "install " + package,
        )


def fingerprint(profile):
    """Return what a finished profile was made from: dependencies, interpreter and place."""
    with open(os.path.join(ROOT, "pyproject.toml"), "rb") as file:
        made_from = file.read()
    place = "\0".join([profile, ROOT, os.path.realpath(sys.executable), sys.version]).encode()
    return hashlib.sha256(made_from + place).hexdigest()


def stamp(profile):
    """Return the path of the profile's stamp."""
    return os.path.join(VENV, ".ready-" + profile)


def is_ready(profile):
    """Return whether the profile is finished and still runs."""
    try:
        with open(stamp(profile)) as file:
            return file.read() == fingerprint(profile) and os.access(PYTHON, os.X_OK)
    except OSError:
        return False


def works(*command):
    """Return whether a command ends well, silently."""
    try:
        return subprocess.call(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def belongs_here():
    """Return whether the environment that is there is whole and was made in this place."""
    script = "import pip, sys; sys.exit(sys.prefix != %r)" % VENV
    return works(PYTHON, "-c", script) and works(os.path.join(VENV, "bin", "pip"), "--version")


def install(command):
    """Run pip, tell one short line for each package it fetches, and return whether it ended well."""
    told = 0
    with open(os.path.join(VENV, "install.log"), "w") as log:
        pip = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True
        )
        for line in pip.stdout:
            log.write(line)
            log.flush()
            fetched = FETCHED.match(line)
            if fetched:
                told += 1
                progress("%3d  %s%s" % (told, fetched.group(1).replace("_", "-"), fetched.group(2) or ""))
            elif line.startswith("Installing collected packages") and "," in line:
                progress("unpacking %d packages: nothing more is told until they are all there" % (line.count(",") + 1))
        failed = pip.wait() != 0
    progress("")
    if failed:
        with open(os.path.join(VENV, "install.log")) as log:
            sys.stderr.write("".join(log.readlines()[-20:]))
    return not failed


def progress(text):
    """Show one line of progress: over the one before it in a terminal, below it in a log."""
    if sys.stdout.isatty():
        sys.stdout.write("\r\033[K" + (text and "  " + text[:100]))
    elif text:
        sys.stdout.write("  " + text + "\n")
    sys.stdout.flush()


def make(profile):
    """Create or complete the environment."""
    check_system()
    if not belongs_here():
        if os.path.isdir(VENV):
            say("the environment in .venv is incomplete or from another place: making it again")
            shutil.rmtree(VENV)
        say("creating the virtual environment .venv (Python %d.%d)" % sys.version_info[:2])
        subprocess.check_call([sys.executable, "-m", "venv", VENV])
    say("installing agentkit and what it needs for `make %s` (about 600 MB; a minute or two the first time)" % profile)
    wanted = "%s[%s]" % (ROOT, EXTRAS[profile])
    command = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
    if not install(command + ["--editable", wanted]):
        stop("installing failed; what was downloaded is kept", "make " + profile + "   (to go on where it stopped)")
    with open(stamp(profile), "w") as file:
        file.write(fingerprint(profile))


def main():
    """Make the profile named on the command line, quickly when there is nothing to do."""
    profile = sys.argv[1] if len(sys.argv) > 1 else "lab"
    if profile not in EXTRAS:
        stop("no profile %r; there are: %s" % (profile, ", ".join(sorted(EXTRAS))), "python3 scripts/bootstrap.py lab")
    # The test profile holds everything of the lab's.
    if is_ready(profile) or (profile == "lab" and is_ready("test")):
        return
    began = time.time()
    make(profile)
    say("ready in %d s" % (time.time() - began))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        stop("interrupted; nothing is broken", "the same command again, to go on")
    except subprocess.CalledProcessError as error:
        stop("a step failed: %s" % error, "the same command again; remove .venv to start afresh")
