"""Whether two HOMEs mean the same to botocore: the one that a person had, and the one after `import` and `apply --adopt`.

JSON lines of {"before": HOME, "after": HOME, "patterns": {NAME: PATTERN}} in, one line of {"differences", "dropped", "usable"} out.
`dropped` are settings that no SDK reads, which went with the tool that had written them; `usable` names the profiles for
which botocore found credentials before.

A tool's own keys are read as that tool reads them, since botocore doesn't: what only granted or aws-vault could use before
must be what they would have used. The rules here are written from those tools' documentation, not from awsauth's code.
"""

import json
import re
import shlex
import sys
from pathlib import Path

from profile_chains import ORIGIN, view

# Keys of other tools: what they said is in the pattern now, or serves that tool alone.
TOOLS = re.compile(
    r"granted_|common_fate_|include_profile$|parent_profile$|sso_auto_populated$|sso_account_name$|manager$|awsume|azure_"
    r"|google_config|expiration$|source_expiration$|aws_expiration$|aws_session_expiration$|x_security_token_expires$"
    r"|x_principal_arn$"
    r"|aws_mfa_device$|assume_role$|assumed_role|role_duration$|session_token_duration$|credentials_duration$"
    r"|aws_account_id$|color$|image$|so_start_url$|saml_|web_identity_auth|web_identity_client|jump_role_arn$"
)


def url(text):
    """A portal's address, however it is spelled."""
    return without_comment(text).strip("`\"'").rstrip("/#")


def words(command):
    try:
        return shlex.split(command.replace("\\", "/"))
    except ValueError:
        return command.split()


def program(command):
    given = words(command)
    return Path(given[0]).name.removesuffix(".exe") if given else ""


def after_flag(command, *flags):
    """The value of one of the flags, `--flag X` or `--flag=X`."""
    given = words(command)
    for place, word in enumerate(given):
        name, _, value = word.partition("=")
        if name in flags:
            return value or (given[place + 1] if place + 1 < len(given) else "")
    return None


def is_missing(chain):
    """True for a key that nobody has added yet."""
    return chain.get("key", "").startswith("missing ")


class Home:
    """A view, with what other tools would make of its profiles."""

    def __init__(self, found):
        self.profiles = found["profiles"]
        self.sso_sessions = found["sso_sessions"]

    def raw(self, name, seen=()):
        """The keys of a profile, with those that aws-vault would inherit."""
        own = self.profiles.get(name, {}).get("raw", {})
        parent = own.get("include_profile") or own.get("parent_profile")
        if not parent or parent in seen:
            return own
        inherited = {key: text for key, text in self.raw(parent, (*seen, name)).items()
                     if key not in ("source_profile", "include_profile", "parent_profile") or key not in own}
        return {**inherited, **own}

    def settings(self, name):
        return {key: text for key, text in self.raw(name).items() if key.split(".")[0] not in ORIGIN}

    def chain(self, name):
        return self.profiles[name]["chain"]


def without_comment(text):
    """A value as all SDKs but botocore read it: the comment behind it is none of it."""
    return re.split(r"\s[#;]", str(text))[0].strip()


def same_text(one, other):
    """Flags and words mean the same in any case."""
    one, other = without_comment(one), without_comment(other)
    return one == other or one.lower() == other.lower() and re.fullmatch(r"[\w-]+", one) is not None


def settings_differ(before, after, name):
    """(what differs, what was dropped)."""
    old, new = before.settings(name), after.settings(name)
    differ, dropped = [], []
    for key in sorted({*old, *new}):
        if key in old and key in new and same_text(old[key], new[key]):
            continue
        if key in old and key in new and TOOLS.match(key) and old[key].strip("\"'") == new[key]:
            continue
        if key not in new and (old[key] == "" and key != "cli_pager"):
            continue
        if key not in new and TOOLS.match(key):
            dropped.append(f"{name}: {key} = {old[key]}")
            continue
        differ.append(f"{name}: setting {key} was {old.get(key)!r}, is {new.get(key)!r}")
    return differ, dropped


def sso_of_tool(raw):
    """What granted's or aws-sso-cli's keys say, if they say it."""
    process = raw.get("credential_process", "")
    if raw.get("granted_sso_start_url"):
        return {"url": raw["granted_sso_start_url"], "region": raw.get("granted_sso_region"),
                "account": raw.get("granted_sso_account_id"), "role": raw.get("granted_sso_role_name")}
    if program(process) == "aws-sso" and (arn := after_flag(process, "--arn", "-a")):
        return {"url": None, "region": None, "account": arn.split(":")[4], "role": arn.split("/", 1)[1]}
    return None


def same_sso(one, other):
    """Equal, where the first one knows it."""
    known = {key: text for key, text in one.items() if text is not None and key != "session"}
    return all((url(text) == url(other[key])) if key == "url" else same_text(text, other[key]) for key, text in known.items())


class Comparison:
    def __init__(self, before, after, imported):
        self.before, self.after, self.imported = before, after, imported

    def mfa_of(self, name):
        """The MFA device that a profile's long-term key is for, as botocore's AWS CLI or aws-mfa have it."""
        raw = self.before.raw(name)
        return raw.get("mfa_serial") or self.before.raw(f"{name}-long-term").get("aws_mfa_device")

    def same(self, name, old, new):
        """None, or why the chains are not the same."""
        raw = self.before.raw(name) if name else {}
        if "source" in old:
            return self.same_role(name, old, new) if "source" in new else "no role any more"
        if "sso" in old:
            return None if "sso" in new and same_sso(old["sso"], new["sso"]) else "another SSO access"
        if "key" in old:
            return self.same_key(name, old["key"], new)
        if old == new:
            return None
        if "process" in old:
            return self.same_process(name, raw, old["process"], new)
        if "error" in old or "none" in old:
            return self.same_as_tool(name, raw, new)
        return "another chain"

    def same_key(self, name, key, new):
        if key.startswith("ASIA"):
            # A session is no key: it ends, and what is behind it stays.
            return None if new == {"key": key} or name in self.imported else "another session"
        if new.get("key") != key:
            return "another key"
        if name and self.imported.get(name) == "iam-mfa" and not self.mfa_of(name):
            return "its key needs MFA now, and nothing said so before"
        return None

    def same_process(self, name, raw, process, new):
        if (tool := sso_of_tool(raw)) is not None:
            return None if "sso" in new and same_sso(tool, new["sso"]) else "another SSO access than its tool's"
        if program(process) == "aws-vault":
            return self.same_as_vault(process, new)
        if program(process) in ("granted", "dgranted") and is_missing(new):
            return None
        if program(process) == "aws" and "export-credentials" in words(process):
            other = after_flag(process, "--profile")
            if other in self.before.profiles and other != name:
                return self.same(other, self.before.chain(other), new)
        return "another program"

    def same_as_vault(self, process, new):
        name = [word for word in words(process)[2:] if not word.startswith("-")][-1]
        raw = self.before.raw(name)
        if "role_arn" in raw:
            return None if new.get("role") == raw["role_arn"] else "another role than aws-vault's"
        return None if is_missing(new) else "aws-vault's key is somewhere else"

    def same_as_tool(self, name, raw, new):
        """Before, no SDK could use it. It may be what some tool would have made of it."""
        if "role_arn" in raw and "source" in new:
            if new["role"] != raw["role_arn"]:
                return "another role than its tool's"
            for key in ("external_id", "role_session_name"):
                if raw.get(key) != new[key]:
                    return f"another {key} than its tool's"
            return None
        if (tool := sso_of_tool(raw)) is not None and "sso" in new:
            return None if same_sso(tool, new["sso"]) else "another SSO access than its tool's"
        if is_missing(new) or "none" in new or "error" in new:
            return None
        if self.before.raw(f"{name}-long-term").get("aws_access_key_id") == new.get("key"):
            return None
        if "sso" in new and raw.get("sso_account_id", new["sso"]["account"]) == new["sso"]["account"]:
            return None
        return "credentials out of nothing"

    def same_role(self, name, old, new):
        for key in ("role", "external_id", "duration_seconds", "role_session_name"):
            if old[key] != new[key]:
                return f"{key} was {old[key]}, is {new[key]}"
        if old["mfa_serial"] != new["mfa_serial"]:
            source = self.after.raw(name).get("source_profile") if name else None
            through = self.imported.get(source) == "iam-mfa"
            if not (through and new["mfa_serial"] is None and old["mfa_serial"] in (None, self.mfa_of(source))):
                return f"mfa_serial was {old['mfa_serial']}, is {new['mfa_serial']}"
        return self.same(self.source_name(name), old["source"], new["source"])

    def source_name(self, name):
        source = self.before.raw(name).get("source_profile") if name else None
        # A profile that is its own source gives its key, not its role (aws-facts §3).
        is_own = source is not None and self.before.raw(source).get("source_profile") == source
        return source if source in self.before.profiles and not is_own else None

    def scopes(self):
        for name in self.imported.keys() & self.after.profiles.keys():
            old = self.before.profiles.get(name, {}).get("chain", {}).get("sso", {}).get("session")
            new = self.after.chain(name).get("sso", {}).get("session")
            if not old or not new:
                continue
            sets = [
                set(re.split(r"\s*,\s*", home.sso_sessions[session].get("sso_registration_scopes", "sso:account:access")))
                for home, session in ((self.before, old), (self.after, new))
            ]
            if sets[0] != sets[1]:
                yield f"{name}: scopes were {sorted(sets[0])}, are {sorted(sets[1])}"

    def differences(self):
        found, dropped = list(self.scopes()), []
        for name in self.before.profiles:
            if name not in self.after.profiles:
                if name in self.imported:
                    found.append(f"{name}: gone")
                else:
                    found.append(f"{name}: gone, and it was not imported")
                continue
            why = self.same(name, self.before.chain(name), self.after.chain(name))
            if why:
                found.append(f"{name}: {why}: {json.dumps(self.before.chain(name))} -> {json.dumps(self.after.chain(name))}")
            differ, gone = settings_differ(self.before, self.after, name)
            found += differ
            dropped += gone
        return found, dropped


# ---- bytes ----


def lines(path):
    return path.read_bytes().split(b"\n") if path.exists() else []


def is_subsequence(short, long):
    """The first line of `short` that does not come in `long` in this order."""
    rest = iter(long)
    for line in short:
        if not any(line == other for other in rest):
            return line
    return None


def outside(text_lines):
    """The lines around the managed block."""
    kept, inside = [], False
    for line in text_lines:
        inside = inside or line.startswith(b"# >>> awsauth >>>")
        if not inside:
            kept.append(line)
        inside = inside and not line.startswith(b"# <<< awsauth <<<")
    return kept


HEADER = re.compile(rb"\s*\[\s*(?:profile\s+|(sso-session)\s+)?[\"']?(.*?)[\"']?\s*\]")


def other_sections(text_lines, imported):
    """Lines that are no setting of an imported profile or session, no comment, no blank."""
    taken = False
    for line in text_lines:
        if header := HEADER.match(line):
            name = header[2].decode("utf-8", "replace")
            taken = not header[1] and name in imported or bool(header[1])
        if not taken and line.strip() and not line.lstrip().startswith((b"#", b";")):
            yield line


def sessions(text_lines, imported):
    """The lines of sections of the credentials file that hold a session of an imported profile: awsauth makes its own."""
    section = []
    for line in [*text_lines, b"["]:
        if line.startswith(b"["):
            header = HEADER.match(section[0]) if section else None
            has_token = any(re.match(rb"\s*aws_session_token", line, re.I) for line in section)
            if header and has_token and header[2].decode("utf-8", "replace") in imported:
                yield from section
            section = []
        section.append(line)


def bytes_differ(before, after, imported):
    """What changed in the config file outside the block, and in the credentials file, beyond what adoption may change."""
    found = []
    old, new = outside(lines(before / "config")), outside(lines(after / "config"))
    if (line := is_subsequence(other_sections(old, imported), new)) is not None:
        found.append(f"config lost a line: {line!r}")
    known = {line.rstrip(b"\r") for line in old}
    comments = {line.partition(mark)[2].strip() for line in old for mark in (b"#", b";")}
    for line in new:
        text = line.rstrip(b"\r")
        is_comment = text.startswith(b"# of [") or text.startswith(b"#") and text.strip(b"# ") in comments
        if text and text not in known and not is_comment:
            found.append(f"config has a new line outside the block: {line!r}")
    everything = b"\n".join(lines(after / "config"))
    for line in old:
        comment = line.strip().lstrip(b"#; ")
        if line.strip().startswith((b"#", b";")) and comment not in everything:
            found.append(f"config lost a comment: {line!r}")
    old, new = lines(before / "credentials"), lines(after / "credentials")
    ended = list(sessions(old, imported))
    secrets = [line for line in old if re.match(rb"\s*aws_(access|secret|session|security)", line, re.I) and line not in ended]
    if (line := is_subsequence(secrets, new)) is not None:
        found.append(f"credentials lost a line: {line.split(b'=')[0]!r}")
    for line in new:
        if line not in old and not line.startswith(b"["):
            found.append(f"credentials has a new line: {line.split(b'=')[0]!r}")
    return found


def usable(found):
    """The profiles that botocore finds credentials for; a key that is empty is none."""
    return [name for name, profile in found["profiles"].items()
            if not {"none", "error"} & profile["chain"].keys() and profile["chain"].get("key") != ""]


def keys_to_come(found, imported):
    """What the profiles of IAM users have for a key once somebody has logged in, or added it."""
    profiles = found.get("profiles", {})
    key = lambda name: profiles.get(name, {}).get("raw", {}).get("aws_access_key_id")
    users = [name for name, pattern in imported.items() if pattern in ("iam", "iam-mfa") and not key(name)]
    long_term = {name: key(f"{name}-long-term") for name in users if imported[name] == "iam-mfa"}
    return {name: long_term.get(name) or f"missing {name}" for name in users}


def compare(request):
    before, after = view(request["before"]), view(request["after"])
    imported = {name: pattern for name, pattern in request["patterns"].items() if pattern != "external"}
    after = view(request["after"], keys_to_come(after, imported))
    found = bytes_differ(Path(request["before"], ".aws"), Path(request["after"], ".aws"), imported)
    if "error" in before or "error" in after:
        if "error" in after and "error" not in before:
            found.append(f"no reader can parse it any more: {after['error']}")
        return {"differences": found, "dropped": [], "usable": []}
    differ, dropped = Comparison(Home(before), Home(after), imported).differences()
    return {"differences": found + differ, "dropped": dropped, "usable": usable(before)}


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(compare(json.loads(line)), ensure_ascii=False), flush=True)
