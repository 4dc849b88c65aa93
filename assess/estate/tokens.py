"""Reads a text token by token and keeps what is known to be harmless: the heart of the door.

Shell words, parts of URLs, leaves of JSON and ``key=value`` pairs are looked at one by one. What is a number, a
boolean, a host, an ARN, a path, the name of an option or a word of the harmless list stays; all else is replaced.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from assess.estate.detectors import (
    REFERENCE,
    Span,
    decoded_base64,
    has_aws_key_id,
    is_aws_secret,
    is_key,
    looks_random,
    spans,
    value_class,
)
from assess.estate.names import NameKind, is_secret_name, name_kind, words_of
from assess.estate.redaction import MARKER, RedactionClass
from assess.estate.wordlists import HARMLESS_WORDS, WORD_LISTS

Redact = Callable[[RedactionClass, str, str], str]
"""Makes the marker of a text: class, detector, the text that goes."""

LONGEST_TEXT = 65_536
"""Longer texts are not read token by token but replaced whole."""

DEEPEST_NESTING = 64
"""Documents nested deeper are replaced from there on."""


class TokenReader:
    """Lets texts pass token by token; ``redact`` makes the markers, ``now`` tells live JWTs from expired ones."""

    def __init__(self, redact: Redact, now: float) -> None:
        self._redact = redact
        self._now = now
        self._kept: set[tuple[str, str]] = set()
        self._kept_identifiers: set[str] = set()
        self._kinds: dict[str, NameKind] = {}

    # --- whole leaves -------------------------------------------------------------------------------------------

    def identifier(self, text: str) -> str:
        """A text that is kept as it is unless a detector hits a piece of it."""
        if text in self._kept_identifiers:
            return text
        if len(text) > _LONGEST_IDENTIFIER:
            return self.text(text)
        passed = self._settled(text, self._named_pieces)
        if passed == text and len(self._kept_identifiers) < _MOST_KEPT:
            self._kept_identifiers.add(text)
        return passed

    def _named_pieces(self, text: str) -> str:
        """An identifier without what a detector hits, and without what stands after a credential's name in it."""
        passed = self._without_spans(text, paired=False)
        if "=" in passed or " in [" in passed:
            if _PATH_WITH_QUERY.match(passed):
                passed = self._url(_ANY_HOST + passed, 0).removeprefix(_ANY_HOST)
            passed = _COMPARED.sub(self._compared, passed)
        return passed

    def _compared(self, match: re.Match[str]) -> str:
        name, sign, value = match.groups()
        return name + sign + (self._named(name, value) if is_secret_name(name) else value)

    def choice(self, text: str) -> str:
        """One of a list that AWS keeps: kept when it has the shape of one."""
        return text if _CHOICE.fullmatch(text) and self._is_plain(text) else self.text(text)

    def text(self, text: str) -> str:
        """A text of which nothing is known."""
        return self.value("", text)

    def value(self, name: str, text: str, *, paired: bool = False, depth: int = 0) -> str:
        """The value of a variable, an option or a field with this name.

        ``paired`` says that an AWS key id and a secret of its shape stand among the values around it.
        """
        if not text or (text, name) in self._kept:
            return text
        if MARKER.fullmatch(text):
            return text
        kind = self._kind(name)
        if kind in (NameKind.SECRET, NameKind.AUTH) or (kind is NameKind.KEY and is_key(name, text)):
            of, detector = value_class(name, text[:LONGEST_TEXT], now=self._now, paired=paired)
            return self._redact(of, detector, text)
        header = _HEADER.fullmatch(text) if name.lower().endswith(("header", "headers")) else None
        if header is not None and is_secret_name(header.group(1)):  # of Fluent Bit: `X-Api-Key abc`
            return header.group(1) + header.group(2) + self._named(header.group(1), header.group(3))
        passed = self._settled(text, lambda each: self._passed(name, kind, each, paired, depth))
        if passed == text and len(self._kept) < _MOST_KEPT and len(text) <= _LONGEST_KEPT:
            self._kept.add((text, name))
        return passed

    def arguments(self, texts: Sequence[str]) -> list[str]:
        """The words of a command line: an option may say what the next word is."""
        passed = list(texts)
        for _ in range(_MOST_ROUNDS):
            before, state = passed, _Command()
            passed = [self._argument(text, state) for text in before]
            if passed == before:
                return passed
        return [
            each if MARKER.fullmatch(each) else self._redact(RedactionClass.TEXT, "unknown", each) for each in texts
        ]

    def _settled(self, text: str, read: Callable[[str], str]) -> str:
        """What is left of a text when it is read until nothing more goes: so it passes again as it is.

        A marker may part what belonged together, and what stands beside it then reads in another way.
        """
        passed = text
        for _ in range(_MOST_ROUNDS):
            before, passed = passed, read(passed)
            if passed == before or MARKER.fullmatch(passed):
                return passed
        return self._redact(RedactionClass.TEXT, "unknown", text)

    def key(self, text: str) -> str:
        """A key of an object: kept when it has the shape of a name and no detector hits it."""
        return text if _KEY.fullmatch(text) and self._is_plain(text) else self.text(text)

    def _kind(self, name: str) -> NameKind:
        kind = self._kinds.get(name)
        if kind is None:
            kind = name_kind(name)
            if name in self._kept_identifiers:  # nothing else may be remembered: a name may hold a secret
                self._kinds[name] = kind
        return kind

    def _is_plain(self, text: str) -> bool:
        if (text, "") in self._kept or text in self._kept_identifiers:
            return not looks_random(text)
        return not looks_random(text) and not spans(text, now=self._now)

    # --- documents of unknown shape -----------------------------------------------------------------------------

    def anything(self, value: Any, name: str = "", depth: int = 0) -> Any:
        """A JSON-like value of which nothing is known but the name it stands under."""
        if isinstance(value, str):
            return self.value(name, value, depth=depth)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int | float):
            return self._number(value, name)
        if depth >= DEEPEST_NESTING:
            return self._redact(RedactionClass.TEXT, "nesting", "")
        if isinstance(value, Mapping):
            return self._object(value, name, depth + 1)
        if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
            return self._list(value, name, depth + 1)
        if hasattr(value, "isoformat"):
            return value.isoformat()
        return self.value(name, str(value), depth=depth)

    def _number(self, value: float, name: str) -> Any:
        if name and is_secret_name(name):
            return self.value(name, str(value))
        if isinstance(value, float) and not (abs(value) < float("inf")):
            return str(value)
        return value if abs(value) < _LARGEST_NUMBER else self._redact(RedactionClass.TEXT, "number", str(value))

    def _object(self, given: Mapping[Any, Any], name: str, depth: int) -> dict[str, Any]:
        beside = name_beside(given)
        paired = is_pair(given.values())
        passed: dict[str, Any] = {}
        for raw, value in given.items():
            key, kept = str(raw), self.key(str(raw))
            lowered = key.lower()
            if beside is not None and lowered in VALUE_KEYS:
                passed[kept] = self._under(beside, self.identifier(beside), value, paired, depth)
            elif beside is not None and lowered in NAME_KEYS and isinstance(value, str):
                passed[kept] = self.identifier(value)
            elif isinstance(value, str) and lowered in _INHERITING_KEYS and name:
                passed[kept] = self.value(name, value, paired=paired, depth=depth)
            else:
                passed[kept] = self._under(key, kept, value, paired, depth)
        return passed

    def _under(self, name: str, kept: str, value: Any, paired: bool, depth: int) -> Any:
        """A value under a name of which ``kept`` is left, which may say something else than the whole did."""
        for each in (name,) if kept == name else (name, kept):
            if isinstance(value, str):
                value = self.value(each, value, paired=paired, depth=depth)
            else:
                value = self.anything(value, each, depth)
        return value

    def _list(self, given: Sequence[Any], name: str, depth: int) -> list[Any]:
        if given and all(isinstance(each, str) for each in given) and not (name and _matters(name)):
            return self.arguments(given)
        return [self.anything(each, name, depth) for each in given]

    # --- texts --------------------------------------------------------------------------------------------------

    def _passed(self, name: str, kind: NameKind, text: str, paired: bool, depth: int) -> str:
        if len(text) > LONGEST_TEXT:
            hits = spans(text[:LONGEST_TEXT], now=self._now)
            of, detector = (hits[0].of, hits[0].detector) if hits else (RedactionClass.TEXT, "too-long")
            return self._redact(of, detector, text)
        if _SAFE.fullmatch(text) and not spans(text, now=self._now, paired=paired):
            return text
        passed = self._json(text, depth)
        if passed is not None:
            return passed
        clean = self._without_spans(text, paired)
        if kind is NameKind.RESOURCE and clean == text and _is_resource(text):
            return text
        return self._one_if_nothing_kept(text, self._tokens(clean, _Command(), depth, name))

    def _without_spans(self, text: str, paired: bool) -> str:
        for _ in range(_MOST_ROUNDS):  # what follows a replaced piece closely shows only once that is gone
            found = [each for each in spans(text, now=self._now, paired=paired) if not _is_marker(text, each)]
            if not found:
                return text
            pieces: list[str] = []
            at = 0
            for span in found:
                pieces += [text[at : span.start], self._redact(*span[2:], text[span.start : span.end])]
                at = span.end
            text = "".join((*pieces, text[at:]))
        return self._redact(RedactionClass.TOKEN, "several", text)

    def _json(self, text: str, depth: int) -> str | None:
        """The text with its leaves passed, where it is JSON."""
        if text.lstrip()[:1] not in ("{", "[") or depth >= _DEEPEST_TEXT:
            return None
        try:
            parsed = json.loads(text, object_pairs_hook=_object_of)
        except (ValueError, RecursionError):
            return None
        passed = self.anything(parsed, "", depth + 1)
        return text if passed == parsed else json.dumps(passed, ensure_ascii=False)

    def _one_if_nothing_kept(self, text: str, passed: str) -> str:
        """One marker for the whole text where its pieces are replaced all, for no other reason than caution."""
        markers = list(MARKER.finditer(passed))
        if len(markers) < 2 or any(each.group(1) != RedactionClass.TEXT for each in markers):
            return passed
        if MARKER.search(text) or _LETTER_OR_DIGIT.search(MARKER.sub("", passed)):
            return passed
        return self._redact(RedactionClass.TEXT, "unknown", text)

    def _assigned(self, match: re.Match[str]) -> str:
        """``password => "x"``, ``key="password" value="x"``: a name and what is quoted after it."""
        name, _, _, inside = match.groups()
        if not is_secret_name(name):
            return match.group()
        head, tail = match.group()[: match.start(4) - match.start()], match.group()[match.end(4) - match.start() :]
        return head + self._named(name, inside) + tail

    def _argument(self, text: str, state: "_Command") -> str:
        state.list_name = ""
        if not text or MARKER.fullmatch(text):
            state.pass_over()
            return text
        if state.pending:
            name, state.pending = state.pending, ""
            if not _is_option(text):
                return self._named(name, text)
        if len(text) > LONGEST_TEXT:
            return self.text(text)
        option = _OPTION_VALUE.fullmatch(text)
        if option is not None and is_secret_name(option.group(2)):
            return option.group(1) + self._named(option.group(2), option.group(3))
        passed = self._json(text, 0)
        if passed is not None:
            return passed
        clean = self._without_spans(text, paired=False)
        return self._one_if_nothing_kept(text, self._tokens(clean, state, 0, ""))

    # --- tokens -------------------------------------------------------------------------------------------------

    def _tokens(self, text: str, state: "_Command", depth: int, name: str) -> str:
        if "{" in text or "[" in text:
            text = _BRACED.sub(self._braced, text)
        if '"' in text or "'" in text:
            text = _ATTRIBUTE.sub(self._assigned, _ASSIGNED.sub(self._assigned, text))
        return "".join(self._token(match, text, state, depth, name) for match in _TOKEN.finditer(text))

    def _braced(self, match: re.Match[str]) -> str:
        """``password={...}``: all within the braces is the value."""
        name, sign, inside = match.groups()
        return name + sign + (self._named(name, inside) if is_secret_name(name) else inside)

    def _token(self, match: re.Match[str], text: str, state: "_Command", depth: int, name: str) -> str:
        kind, token = match.lastgroup or "", match.group()
        if kind == "space":
            state.list_name = ""
            if "\n" in token:
                state.end()
            return token
        if kind == "operator":
            if token[0] in ";|&" or token.endswith(("(", "`")):
                state.end()
                state.program = ""
            return token
        if kind == "mark":
            state.pass_over()
            return token
        if kind == "quoted":
            return self._quoted(token, text[match.end() :][:4], state, depth)
        if state.pending:
            if token in _SIGNS:
                return token
            if kind == "rest" and text.startswith("$(", match.start()):  # a command's output
                state.pending = ""
                return token
            under, state.pending = state.pending, ""
            is_spoken, state.spoken = state.spoken, False
            if token in _AUTH_SCHEMES and under in _HEADER_NAMES:
                state.pending = "password"
                return token
            if kind == "word" and token.endswith(":") and _KEEP_REFERENCE.match(text, match.end()):
                return self._redact(RedactionClass.TEXT, "userinfo-name", token[:-1]) + ":"  # `user:$PASSWORD`
            sign = _SIGN.match(token)
            if sign is not None:
                return sign.group() + self._named(under, token[sign.end() :])
            if is_spoken and token.lower() in HARMLESS_WORDS and _GOES_ON.match(text, match.end()):
                return token  # `enter your password: it is never shown`
            if not _is_option(token):
                return token if kind == "reference" else self._named(under, token)
        if kind == "reference":
            if token[0] == "<" and text[match.end() : match.end() + 1].strip() and is_secret_name(token[1:-1]):
                state.pending = token[1:-1]  # an element of XML, not a placeholder
            return self._reference(token, depth)
        if kind == "url":
            return self._url(token, depth)
        if _SPACED_SIGN.match(text, match.end()) and is_secret_name(token):
            state.pending = token
            return self.key(token)
        if token[0] in ".-" and text[match.start() - 1 : match.start()] in _ENDS_TEMPLATE:
            host, slash, path = token.partition("/")
            if _is_host(f"x{host}"):  # the rest of a name whose start a template leaves open
                return host + "".join(self._segment(each) for each in _KEEP_SLASH.split(slash + path))
        return self._word(token, state, depth, name)

    def _quoted(self, token: str, after: str, state: "_Command", depth: int) -> str:
        quote, inside = token[0], token[1:-1]
        if not inside:
            return token
        if state.pending:
            under, state.pending = state.pending, ""
            return quote + self._named(under, inside) + quote
        if _SEPARATOR.match(after) and is_secret_name(inside):
            state.pending = inside
            return quote + self.key(inside) + quote
        if depth >= _DEEPEST_TEXT:
            return quote + self._redact(RedactionClass.TEXT, "nesting", inside) + quote
        escaped = quote == '"' and '\\"' in inside
        plain = inside.replace('\\"', '"') if escaped else inside
        passed = self._json(plain, depth + 1)
        if passed is None:
            nested = _Command(program=state.program)
            passed = self._tokens(plain, nested, depth + 1, "")
            state.pending = nested.pending
        if passed == plain:
            return token
        return quote + (passed.replace('"', '\\"') if escaped else passed) + quote

    def _reference(self, token: str, depth: int) -> str:
        """A reference to a variable, with the default in it judged by the variable's name."""
        default = _DEFAULTED.fullmatch(token)
        if default is None:
            return token if _PLAIN_REFERENCE.fullmatch(token) else self._inside(token, depth)
        head, name, operator, text, tail = default.groups()
        return head + name + operator + self._named(name, text) + tail

    def _inside(self, token: str, depth: int) -> str:
        opening = _OPENING.match(token)
        if opening is None or depth >= _DEEPEST_TEXT:
            return self._redact(RedactionClass.TEXT, "unknown", token)
        end = _CLOSING.search(token)
        start, stop = opening.end(), end.start() if end else len(token)
        return token[:start] + self._tokens(token[start:stop], _Command(), depth + 1, "") + token[stop:]

    def _named(self, name: str, text: str, of: RedactionClass | None = None) -> str:
        """A value under a name in a text: references stay, for they hold nothing themselves."""
        if not text.strip("$") or MARKER.fullmatch(text) or REFERENCE.fullmatch(text):
            return text
        quote = text[0] if len(text) > 1 and text[0] in "\"'" and text[-1] == text[0] else ""
        inside = text[1:-1] if quote else text
        if not is_secret_name(name):
            return quote + self.value(name, inside, depth=_DEEPEST_TEXT - 1) + quote
        found, detector = value_class(name, inside, now=self._now)
        if of is not None and found is RedactionClass.NAMED:
            found = of
        return quote + self._redact(found, detector, inside) + quote

    # --- words --------------------------------------------------------------------------------------------------

    def _word(self, word: str, state: "_Command", depth: int, name: str) -> str:
        if state.list_name:
            return self._named(state.list_name, word)
        under, state.maybe = state.maybe, ""
        if under and is_key(under, word):
            return self.value(under, word)
        if state.skip and not word.startswith("-"):
            state.pass_over()
        if _WORD_IN_BASE64.fullmatch(word) and depth < _DEEPEST_TEXT and self._is_encoded_plain(word, depth):
            return word
        pair = _PAIR.fullmatch(word) if "=" in word or ":" in word else None
        if pair is not None and is_secret_name(pair.group(2)):
            return self._pair(pair, state, depth)
        if is_harmless(word):
            state.after(word)
            return word
        attached = state.attached_secret(word)
        if attached:
            return attached + self._named("password", word[len(attached) :])
        option = _OPTION.fullmatch(word)
        if option is not None and (_FLAG.fullmatch(word) or not looks_random(word)):
            state.after(word)
            return word
        if pair is not None and not looks_random(pair.group(2)):
            return self._pair(pair, state, depth)
        if name and name_kind(name) is NameKind.RESOURCE and _is_resource(word):
            return word
        state.after(word)
        return self._parts(word, state)

    def _is_encoded_plain(self, word: str, depth: int) -> bool:
        """Whether a word is base64 of a text that would pass as it is."""
        decoded = decoded_base64(word)
        return decoded is not None and self.value("", decoded, depth=depth + 1) == decoded

    def _pair(self, pair: re.Match[str], state: "_Command", depth: int) -> str:
        """``key=value``, ``--key=value``, ``key: value`` and ``key:value`` where the key is a credential's."""
        dashes, key, sign, value = pair.groups()
        if ":" in sign and not is_secret_name(key):
            if not value and is_harmless(key):
                return dashes + key + sign
            return self._parts(dashes + key + sign + value, state)
        head = dashes + key + sign
        bare = key.rpartition("D")[2] if dashes == "-" and key.startswith("D") else key
        if not value:
            state.pending = bare if is_secret_name(bare) and not (sign == ":" and bare.lower() in _SECTIONS) else ""
            state.list_name = ""
            state.spoken = sign == ":"
            return head
        state.list_name = bare
        if is_secret_name(bare):
            return head + self._named(bare, value)
        return head + self._value_in_word(bare, value, depth)

    def _value_in_word(self, name: str, value: str, depth: int) -> str:
        kind = name_kind(name)
        if kind is NameKind.KEY and is_key(name, value):
            return self.value(name, value)
        if is_harmless(value):
            return value
        if kind is NameKind.RESOURCE and _is_resource(value):
            return value
        if depth >= _DEEPEST_TEXT:
            return self._redact(RedactionClass.TEXT, "nesting", value)
        return self._tokens(value, _Command(), depth + 1, name)

    def _parts(self, word: str, state: "_Command") -> str:
        """A word that holds several things: ``host:port``, ``image:tag``, ``mailbox@host``, ``prefix:arn:...``."""
        arn = word.find("arn:aws")
        if arn > 0 and _SAFE.fullmatch(word[arn:]):
            return self._parts(word[:arn].rstrip(":"), state) + word[len(word[:arn].rstrip(":")) :]
        if word.endswith((".", "!", "?", ":")) and is_harmless(word[:-1]):
            return word
        if _SERVICE_OF_ORACLE.fullmatch(word) and not looks_random(word):
            return word
        if word.startswith(("//", "@//")):
            head = word[: word.index("/")]
            return head + self._url("x:" + word[len(head) :], _DEEPEST_TEXT - 1).removeprefix("x:")
        path, mark, query = word.partition("?")
        if mark and "=" in query:
            return (self._parts(path, state) if path else "") + mark + self._parameter(query, 0)
        if "%" in word:
            plain = unquote(word)
            if plain != word and "%" not in plain and self._tokens(plain, _Command(), _DEEPEST_TEXT, "") == plain:
                return word
            if _ESCAPED_LETTER.search(word):
                return self._redact(RedactionClass.TEXT, "unknown", word)  # nobody escapes letters without a reason
        host, slash, path = word.partition("/")
        if slash and host and _is_host(host):
            return host + "".join(self._segment(each) for each in _KEEP_SLASH.split(slash + path))
        if len(word) > _LONGEST_WORD or _MIXED.search(word) is None:
            return self._part(word)
        return "".join(
            piece if index % 2 or not piece else self._part(piece) for index, piece in enumerate(_MIXED.split(word))
        )

    def _part(self, piece: str) -> str:
        if is_harmless(piece) or MARKER.fullmatch(piece):
            return piece
        return self._redact(RedactionClass.TEXT, "unknown", piece)

    # --- URLs ---------------------------------------------------------------------------------------------------

    def _url(self, url: str, depth: int) -> str:
        first, *more = _NEXT_URL.split(url)
        if more:
            return ",".join((self._url(first, depth), *(self._url(each, depth) for each in more)))
        match = _URL_PARTS.fullmatch(url)
        if match is None or looks_random(match.group(1)):
            return self._redact(RedactionClass.TEXT, "unknown", url)
        scheme, userinfo, hosts, path, query, fragment = match.groups(default="")
        return "".join(
            (
                scheme,
                "://",
                self._userinfo(userinfo),
                "".join(self._host(each) for each in _KEEP_COMMA.split(hosts)),
                "".join(self._segment(each) for each in _KEEP_SLASH.split(path)),
                "".join(self._parameter(each, depth) for each in _KEEP_AND.split(query)),
                fragment[:1] + self._segment(fragment[1:]),
            )
        )

    def _userinfo(self, userinfo: str) -> str:
        """What stands before the ``@``: the detectors have replaced the password already."""
        if not userinfo:
            return ""
        parts = _USERINFO.fullmatch(userinfo)
        user, colon, password = parts.groups() if parts else (userinfo[:-1], "", "")
        if user and not (MARKER.fullmatch(user) or _IS_TEMPLATE.fullmatch(user) or _USER.fullmatch(user)):
            user = self._redact(RedactionClass.TEXT, "userinfo-name", user)
        if password and not (MARKER.fullmatch(password) or REFERENCE.fullmatch(password)):
            of = RedactionClass.PLACEHOLDER if _IS_TEMPLATE.fullmatch(password) else RedactionClass.USERINFO
            password = self._redact(of, "password", password)
        return user + colon + password + "@"

    def _host(self, host: str) -> str:
        if host in ("", ",") or MARKER.fullmatch(host):
            return host
        found = _PORT.search(_KEEP_REFERENCE.sub(_filled, host))  # a reference may hold colons of its own
        at = found.start() if found else len(host)
        name, colon, port = host[:at], host[at : at + 1], host[at + 1 :]
        if not (port == "" or _PORT_NUMBER.fullmatch(port) or _IS_TEMPLATE.fullmatch(port) or MARKER.fullmatch(port)):
            return self._host(name) + colon + self._redact(RedactionClass.USERINFO, "password", port)
        if _URL_HOST.fullmatch(name) and (_AWS_HOST.search(name) or not looks_random(name) or _is_public_name(name)):
            return host
        if _IS_TEMPLATE.search(name) or MARKER.search(name):
            kept = "".join(
                each if not each or _URL_HOST.fullmatch(each) else self._reference_or_part(each)
                for each in _KEEP_REFERENCE.split(name)
            )
            return kept + colon + port
        return self._redact(RedactionClass.TEXT, "unknown", name) + colon + port

    def _reference_or_part(self, piece: str) -> str:
        return self._reference(piece, 0) if _IS_TEMPLATE.fullmatch(piece) else self._part(piece)

    def _segment(self, segment: str) -> str:
        if segment in ("", "/", ";") or MARKER.fullmatch(segment):
            return segment
        if ";" in segment or "=" in segment:  # matrix parameters; SQL Server's connection URL
            return "".join(self._parameter(each, _DEEPEST_TEXT - 1) for each in _KEEP_AND.split(segment))
        if _SEGMENT.fullmatch(segment) and not looks_random(segment):
            return segment
        if _IS_TEMPLATE.fullmatch(segment):
            return self._reference(segment, 0)
        pieces = _KEEP_REFERENCE.split(segment)
        if len(pieces) > 1:
            return "".join(self._segment(each) for each in pieces)
        return self._redact(RedactionClass.TEXT, "unknown", segment)

    def _parameter(self, parameter: str, depth: int) -> str:
        if parameter in ("", "?", "&", ";"):
            return parameter
        key, sign, value = parameter.partition("=")
        if not sign:
            return self._segment(key)
        head = self.key(key) + sign
        if is_secret_name(key):
            return head + self._named(key, value, RedactionClass.USERINFO)
        return head + self._value_in_word(key, value, depth)


# --- the state of a command line ------------------------------------------------------------------------------------


class _Command:
    """What the words before say about the next: the program, and an option whose value it is."""

    __slots__ = ("before", "list_name", "maybe", "pending", "program", "skip", "spoken")

    def __init__(self, program: str = "") -> None:
        self.program = program
        self.pending = ""
        self.list_name = ""
        self.maybe = ""  # the name of an option whose value only its looks tell
        self.skip = 0  # words to go until the one that stands before a password
        self.before = ""
        self.spoken = False  # what is expected came after a colon, as in a sentence

    def end(self) -> None:
        """Forgets what was expected: another command begins."""
        self.pending = self.maybe = self.before = ""
        self.skip = 0

    def pass_over(self) -> None:
        """Takes note of a word that is not looked at."""
        self.pending = "password" if self.skip == 1 else ""
        self.maybe = self.before = ""
        self.skip = max(self.skip - 1, 0)

    def after(self, word: str) -> None:
        name = word.rpartition("/")[2]
        if name in _SECRET_OPTIONS:
            self.program = name
            return
        if self.program and word in _SECRET_OPTIONS[self.program]:
            self.pending = "password"
            return
        bare = word.lstrip("-")
        before, self.before = self.before, word
        if self.program == "htpasswd" and word.startswith("-") and "b" in word:
            self.skip = 1 if "n" in word else 2
        elif word in _USER_COMMANDS:
            self.skip = 1
        elif before == "set" and is_secret_name(word):
            self.pending = word
        elif (word.startswith("-") and name_kind(bare) is NameKind.KEY) or word in _KEY_COMMANDS:
            self.maybe = bare
        if word.startswith("-") and is_secret_name(bare):
            self.pending = "" if words_of(bare)[0] in _SWITCHES else bare
        elif bare in _DIRECTIVES:
            self.pending = bare

    def attached_secret(self, word: str) -> str:
        """The option that a password hangs on without a space (``-psecret``), or an empty text."""
        for option in _ATTACHED.get(self.program, ()):
            if word.startswith(option) and len(word) > len(option):
                return option
        return ""


_MYSQL = ("mysql", "mysqladmin", "mysqldump", "mysqlcheck", "mysqlimport", "mysqlshow", "mariadb", "mariadb-admin")
_MONGO = ("mongo", "mongosh", "mongodump", "mongorestore", "mongoexport", "mongoimport", "mongostat")
_SECRET_OPTIONS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys((*_MYSQL, "mariadb-dump", "mysqlsh"), ("--password",)),
    **dict.fromkeys(_MONGO, ("-p",)),
    "curl": ("-u", "--user", "-U", "--proxy-user", "--oauth2-bearer"),
    "wget": ("--password", "--http-password"),
    "redis-cli": ("-a", "--pass"),
    "valkey-cli": ("-a", "--pass"),
    "sshpass": ("-p",),
    "sqlcmd": ("-P",),
    "bcp": ("-P",),
    "cqlsh": ("-p",),
    "ldapsearch": ("-w",),
    "ldapadd": ("-w",),
    "az": ("-p",),
    "unzip": ("-P",),
    "login": ("-p",),  # of docker, podman, helm, az
    "lftp": ("-u",),
    "htpasswd": (),
}
"""Options of programs that take a password as the next word, by program."""
_ATTACHED: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys((*_MYSQL, "mariadb-dump", "mysqlsh", "sshpass"), ("-p",)),
    "curl": ("-u",),
    "redis-cli": ("-a",),
    "sqlcmd": ("-P",),
}
_SWITCHES = frozenset({"no", "enable", "disable", "use", "require", "allow", "skip", "with", "without"})
"""First words of options that take no value: ``--enable-auth``."""
_DIRECTIVES = frozenset({"requirepass", "masterauth"})
"""Lines of Redis's configuration: the next word is the password."""
_USER_COMMANDS = frozenset({"add_user", "change_password", "authenticate_user"})
"""Commands of rabbitmqctl: a user's name follows, and the password."""
_KEY_COMMANDS = frozenset({"auth", "login"})
"""Commands that a token may follow: ``snyk auth TOKEN``."""
_SIGN = re.compile(r":=|=>|[:=]")
_SPACED_SIGN = re.compile(r"[ \t]{1,3}(?::=|=>|=)[ \t]")
_SIGNS = frozenset({":", "=", "=>", ":="})
_HEADER_NAMES = frozenset({"authorization", "proxy-authorization", "Authorization", "Proxy-Authorization"})
_GOES_ON = re.compile(r"[ \t]+[A-Za-z]")
_SECTIONS = frozenset({"auth", "secret", "secrets", "credentials"})
"""What AWS's sentences end with before a colon: ``unable to pull secrets or registry auth: ...``."""
_AUTH_SCHEMES = frozenset({"Bearer", "bearer", "Basic", "basic", "Token", "token", "Digest", "ApiKey", "GenieKey"})


# --- single tokens --------------------------------------------------------------------------------------------------


def is_harmless(word: str) -> bool:
    """Whether a single token is known to hold no secret: a number, host, ARN, path, or words of the list."""
    if word.lower() in HARMLESS_WORDS or _SAFE.fullmatch(word):
        return True
    if len(word) > _LONGEST_WORD:
        return False
    return _is_path(word) or _is_host(word) or _is_compound(word)


def _is_compound(word: str) -> bool:
    """``db:migrate``, ``health-check``, ``ECSServiceAverageCPUUtilization``: harmless words joined."""
    if not _COMPOUND.fullmatch(word) or looks_random(word):
        return False
    segments = _SEGMENTS.findall(word)
    return all(map(_is_harmless_segment, segments)) and any(len(each) > 1 and not each.isdigit() for each in segments)


def _is_harmless_segment(segment: str) -> bool:
    if segment.lower() in HARMLESS_WORDS or len(segment) == 1 or (segment.isdigit() and len(segment) <= 5):
        return True
    pieces = _COMPOUND_PIECE.findall(segment)
    return len(pieces) > 1 and all(
        piece.lower() in HARMLESS_WORDS or (piece.isdigit() and len(piece) <= 3) for piece in pieces
    )


def _is_path(word: str) -> bool:
    if _ABSOLUTE_PATH.fullmatch(word):
        return not looks_random(word)
    if _FILE.fullmatch(word):
        return not looks_random(word)
    return bool(_RELATIVE_PATH.fullmatch(word)) and not looks_random(word)


def _is_host(word: str) -> bool:
    match = _HOST.fullmatch(word)
    if match is None:
        return False
    name = match.group(1)
    if _AWS_HOST.search(name):
        return True
    if looks_random(name) and not _is_public_name(name):
        return False
    return name.rpartition(".")[2].lower() in _SUFFIXES if "." in name else match.group(2) is not None


def _is_public_name(host: str) -> bool:
    """Whether a host's name is one that public DNS may hold: a random label in it is the id of a resource."""
    suffix = host.rstrip(".").rpartition(".")[2]
    return host.count(".") >= 2 and suffix in _SUFFIXES and host.islower() and max(map(len, host.split("."))) <= 63


def _is_resource(text: str) -> bool:
    return bool(_RESOURCE.fullmatch(text)) and not looks_random(text)


def _is_option(word: str) -> bool:
    if _SHORT_OPTION.fullmatch(word):
        return True
    return word.startswith("--") and _OPTION.fullmatch(word) is not None and _is_compound(word[2:])


def _matters(name: str) -> bool:
    return name_kind(name) is not NameKind.PLAIN


def _object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice: what the first one holds would not be looked at")
    return found


def _filled(reference: re.Match[str]) -> str:
    return "x" * len(reference.group())


def _is_marker(text: str, span: Span) -> bool:
    return MARKER.fullmatch(text, span.start, span.end) is not None


def name_beside(given: Mapping[Any, Any]) -> str | None:
    """The name in an object of a name and its value (``name``/``value``, ``Key``/``Value``), or none."""
    lowered = {str(key).lower(): value for key, value in given.items() if len(str(key)) <= len("valueFrom")}
    if "value" not in lowered and "valuefrom" not in lowered:
        return None
    found = lowered.get("name", lowered.get("key"))
    return found if isinstance(found, str) else None


def is_pair(values: Any) -> bool:
    """Whether an AWS key id and a text of the shape of its secret stand among these values."""
    texts = [each for each in values if isinstance(each, str)]
    return any(has_aws_key_id(each) for each in texts) and any(is_aws_secret(each) for each in texts)


VALUE_KEYS = frozenset({"value", "values"})
NAME_KEYS = frozenset({"name", "key", "valuefrom"})
_INHERITING_KEYS = frozenset({"value", "default", "string", "text", "literal", "plaintext", "content", "data"})

_WORD_IN_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{24,}={0,2}")
_SERVICE_OF_ORACLE = re.compile(
    r"(?:jdbc:oracle:[a-z0-9]{2,5}:)?@(?://)?[A-Za-z0-9.-]{1,253}:[0-9]{1,5}[:/][A-Za-z][\w$#.]{0,127}"
)
_COMPARED = re.compile(
    r"([A-Za-z][\w.:-]{0,100})(\s{0,3}(?:==|!=|=~|=)\s{0,3}|\s{1,3}(?:not_)?in\s{1,3}\[)([^\s,;&=~\]]{1,2048})"
)
"""``attribute:name == value``, as expressions for the placement of tasks have it."""
_PATH_WITH_QUERY = re.compile(r"/[^?\s]{0,1024}\?\S")  # as a health check may have it
_ANY_HOST = "x://host"
_LONGEST_IDENTIFIER = 2048  # ARNs, the longest names of AWS, have at most 2,048 characters
_LONGEST_WORD = 1024
_MOST_ROUNDS = 8
_ENDS_TEMPLATE = frozenset("}>)%")
_LONGEST_KEPT = 512
_MOST_KEPT = 200_000
_DEEPEST_TEXT = 5
_LARGEST_NUMBER = 10**20
_LETTER_OR_DIGIT = re.compile(r"[^\W_]")

_HEADER = re.compile(r"([A-Za-z][A-Za-z0-9-]{1,100})(:?[ \t]{1,4})(\S{1,4096})")
_CHOICE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:/+ -]{0,63}")
_KEY = re.compile(r"@?[A-Za-z0-9_.$*/ -](?:[A-Za-z0-9_.$*/+ -]|:(?!//)){0,255}")
_RESOURCE = re.compile(r"[A-Za-z0-9/_*](?:[\w./*,#-]|:(?!//)){0,254}(?:\\[A-Za-z][\w$]{0,15}(?:,[0-9]{1,5})?)?")
"""Names and addresses; SQL Server's may go on with the name of an instance."""
_SHORT_OPTION = re.compile(r"-[A-Za-z]")
_BRACED = re.compile(r"(?<![\w.-])([\w.-]{1,100})(\"?\s?[=:]\s?)(?!\{\{)(\{[^{}]{0,2000}\}|\[[^\[\]]{0,2000}\])")
_ASSIGNED = re.compile(
    r"(?<![\w.-])([\w.-]{1,100})(\\?[\"']?\s{0,3}(?:=>|:=|[=:])\s{0,3})(\\?[\"'])((?:(?!\3)[^\n]){1,512})\3"
)
_ATTRIBUTE = re.compile(
    r"(?i)(?:name|key)\s{0,3}=\s{0,3}[\"']([\w.:-]{1,100})([\"']\s{1,8}value\s{0,3}=\s{0,3})([\"'])((?:(?!\3)[^\n]){1,512})\3"
)
_OPTION = re.compile(r"-XX:[+-]?[A-Za-z0-9]{1,60}|--?[A-Za-z][A-Za-z0-9_.-]{0,60}|--|-|-[0-9]")
_FLAG = re.compile(r"-XX:[+-](?=[A-Z])(?:[A-Za-z]{1,40}[0-9]{0,2}){1,2}")  # a switch of the JVM, which takes no value
_OPTION_VALUE = re.compile(r"(--?([A-Za-z][\w.-]{0,100})=)(.+)", re.DOTALL)
_PAIR = re.compile(r"(-{0,2})((?:XX:)?[A-Za-z_@][\w.@\[\]/-]{0,100}?)(\+?=|:=|=>|:)(.{0,65536})", re.DOTALL)
_MIXED = re.compile(r"((?:%(?:2[0-9A-Fa-f]|3[A-Fa-f]|40|5[B-Fb-f]|60|7[B-Eb-e])|[:@/=+~#!?%^*\\$\[\]{}])+)")
"""What parts the pieces of a word, as it is or as a percent escape."""
_ESCAPED_LETTER = re.compile(r"%(?:3[0-9]|[46][1-9A-Fa-f]|[57][0-9Aa])")
_SEPARATOR = re.compile(r"\s{0,2}(?::|=>?)")
_COMPOUND = re.compile(r"\.?[A-Za-z0-9]+(?:[-_.:/+@]{1,2}[A-Za-z0-9]+)*[*:.,?!]?")
_SEGMENTS = re.compile(r"[A-Za-z0-9]+")
_COMPOUND_PIECE = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")

_ABSOLUTE_PATH = re.compile(r"(?:~|\.{1,2})?(?:/[\w.@+*%:?,-]{0,128}){1,40}|[A-Za-z]:(?:\\[\w. ()-]{0,128}){1,40}")
_EXTENSIONS = "(?:" + "|".join(sorted(WORD_LISTS["file_extension"])) + ")"
_FILE = re.compile(r"[A-Za-z0-9_.@-]{1,128}\." + _EXTENSIONS)
_RELATIVE_PATH = re.compile(
    r"(?:[\w.@-]{1,128}/){1,20}[\w@-][\w.@-]{0,127}\."
    + _EXTENSIONS
    + r"|(?:"
    + "|".join(sorted(WORD_LISTS["top_folder"]))
    + r")(?:/[\w.@+*-]{1,128}){1,20}/?"
)
_HOST = re.compile(
    r"((?:\*\.)?[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62}[A-Za-z0-9_])?"
    r"(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62}[A-Za-z0-9_])?){0,12}\.?)(:[0-9]{1,5})?"
)
_URL_HOST = re.compile(r"[A-Za-z0-9_.*-]{1,253}(?:\\[A-Za-z][\w$]{0,15})?|\[[0-9A-Fa-f:.%]{2,64}\]")
_AWS_HOST = re.compile(
    r"(?i)\.(?:amazonaws\.(?:com(?:\.cn)?|eu)|api\.aws|on\.aws|cloudfront\.net|awsglobalaccelerator\.com|awsapps\.com"
    r"|c2s\.ic\.gov|sc2s\.sgov\.gov|amazoncognito\.com|elasticbeanstalk\.com|awsapprunner\.com)\.?$"
)
_SUFFIXES = WORD_LISTS["host_suffix"]
_PORT_NUMBER = re.compile(r"[0-9]{1,5}")
_USER = re.compile(r"[\w.+%~-]{1,64}")
_SEGMENT = re.compile(r"[\w.~%+:@*,!$'()-]{1,255}")
_KEEP_COMMA = re.compile(r"(,)")
_KEEP_SLASH = re.compile(r"(/)")
_KEEP_AND = re.compile(r"([?&;])")
_NEXT_URL = re.compile(r",(?=[A-Za-z][A-Za-z0-9+._-]{0,30}://)")
_URL_PARTS = re.compile(
    r"((?:[A-Za-z][A-Za-z0-9+.-]{0,30}:){0,4}[A-Za-z][A-Za-z0-9+.@_-]{0,30})://"
    r"([^/?#]*@)?([^/?#;]*)((?:/|;)[^?#]*)?(\?[^#]*)?(#.*)?",
    re.DOTALL,
)

_SAFE = re.compile(
    r"""
    (?i:true|false|yes|no|y|n|null|none|nil|x86_64|amd64|arm64|aarch64|eth[0-9]|utf-?8|http/[123](?:\.[0-9])?)
    | [+-]?[0-9]{1,20}(?:\.[0-9]{1,10})?(?:[eE][+-]?[0-9]{1,3})?(?:%|[A-Za-z]{1,3})?          # numbers with units
    | [0-9]{1,10}(?:[-/][0-9]{1,10})                                                             # ranges
    | v?[0-9]{1,6}(?:\.[0-9]{1,6}){1,3}(?:[-+](?:alpine|slim|rc|beta|alpha)?[0-9.]{0,12})?       # versions
    | arn:aws[a-z-]{0,16}:[a-z0-9-]{1,64}:[a-z0-9*-]{0,32}:[0-9*]{0,12}(?:aws)?:[\w+=,.@:/*?$-]{1,1024}
    | (?:[0-9]{1,3}\.){3}[0-9]{1,3}(?:/[0-9]{1,2})?(?::[0-9]{1,5})?                              # IPv4, CIDR, port
    | (?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?:/[0-9]{1,3})?                                       # IPv6
    | \[(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}\](?::[0-9]{1,5})?
    | (?:us|eu|ap|sa|ca|me|af|il|mx|cn)(?:-gov|-iso[a-z]?)?-[a-z]{4,9}-[0-9]{1,2}[a-f]?          # regions, zones
    | (?:use|usw|euw|euc|eun|eus|apn|aps|apse|apne|sae|cac)[0-9]-az[0-9]
    | (?:i|vpc|subnet|sg|eni|fs|fsap|rtb|nat|igw|eigw|acl|aclassoc|vpce|vpcep|vol|ami|snap|lt|pl|tgw|pcx|srv|ns|eipalloc
        |eipassoc|rtbassoc|sgr|dopt|mi|svc|tg|sn|snr)-(?:[0-9a-f]{8}|[0-9a-f]{17}|[a-z0-9]{16,17})
    | [0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?
    | [0-9]{1,5}(?::[0-9]{1,5}){1,2}                                                             # ports, times
    | (?:\\[nrt0])+
    | sha256:[0-9a-f]{64}
    | -(?:javaagent|agentlib|agentpath|Xlog|XshowSettings)                                       # of the JVM
    | (?:aws|com\.amazonaws|ecs)\.[a-z0-9][a-z0-9.-]{1,120}
    | (?:ecs|[a-z][a-z0-9-]{1,24})\.amazonaws\.com(?:\.cn)?
    | [a-z][a-z0-9-]{0,11}\.(?:nano|micro|small|medium|(?:[0-9]{0,2}x?)large|metal)              # instance types
    | [a-z0-9-]{2,40}:(?:\*|(?:Add|Allocate|Assign|Associate|Assume|Attach|Authorize|Batch|Cancel|Change|Check|Copy
        |Create|Decrypt|Delete|Deny|Deregister|Describe|Detach|Disable|Disassociate|Discover|Enable|Encrypt|Execute|Filter|Generate
        |Get|Head|Import|Invoke|List|Lookup|Modify|Open|Pass|Poll|Publish|Purge|Put|Query|Read|Receive|Register|Reject
        |Release|Remove|Replace|Request|Restore|Retrieve|Revoke|Rotate|Run|Scan|Search|Select|Send|Set|Start|Stop|Submit
        |Subscribe|Tag|Terminate|Test|Undeploy|Unsubscribe|Untag|Update|Upload|Use|Validate|Write)[A-Za-z0-9*]{0,60})
    | \${1,2}(?:\.[A-Za-z_][\w-]{0,80}|\[[0-9*]{1,6}\]|\.\.)*                                     # JSONPath
    | \$states\.(?:input|result|context|errorOutput)(?:\.\w{1,80}){0,16}
    | (?:rate|at)\([\w :.-]{1,40}\) | cron\([\w*/,?\#\- L]{5,80}\)
    | [-+*/=<>!?%^~.,:;|&\#@$\[\]{}()`\\_]{1,16}                                                  # punctuation
    """,
    re.VERBOSE,
)

_MARK = re.sub(r"(?<!\\)\((?!\?)", "(?:", MARKER.pattern)
_TEMPLATE = (
    r"\$\{\{[^{}\n]{0,200}\}\}|\$\{[^{}\n]{0,200}\}|\{\{[^{}\n]{0,200}\}\}|\$\([A-Za-z_][A-Za-z0-9_.]{0,80}\)"
    r"|<%[^%\n]{0,200}%>|\{%[^%\n]{0,200}%\}|\#\{[^{}\n]{0,200}\}|<[A-Za-z][A-Za-z0-9_ .-]{0,80}>"
    r"|%[A-Z_][A-Z0-9_]{0,80}%"
)
_IS_TEMPLATE = re.compile(rf"{_TEMPLATE}|\$[A-Z_][A-Z0-9_]{{0,80}}")
_KEEP_REFERENCE = re.compile(rf"({_TEMPLATE}|{_MARK}|\$[A-Z_][A-Z0-9_]{{0,80}})")
_USERINFO = re.compile(rf"((?:{_MARK}|[^:])*)(:?)(.*)@", re.DOTALL)
_PORT = re.compile(r":[^:\]()]*$")
_TOKEN = re.compile(
    rf"(?P<mark>{_MARK})"
    rf"|(?P<reference>{_TEMPLATE}|(?<![A-Za-z0-9])\$(?:[A-Z_][A-Z0-9_]{{0,80}}|[a-z_]{{1,40}}|[0-9@\#?!*])(?!\w))"
    r"|(?P<quoted>\"(?:[^\"\\]|\\.)*\"|'[^']*')"
    r"|(?P<url>(?<![A-Za-z0-9+.-])(?:[A-Za-z][A-Za-z0-9+.-]{0,30}:){0,4}[A-Za-z][A-Za-z0-9+.@_-]{0,30}://"
    rf"(?:{_MARK}|{_TEMPLATE}|[^\s\"'<>`|\\()]|\\(?=[A-Za-z][\w$]{{0,15}}[:;]))+)"
    r"|(?P<space>\s+)"
    r"|(?P<operator>(?:[;|&>)`,]|<(?![A-Za-z][A-Za-z0-9_ .-]{0,80}>)|\((?!redacted:))+)"
    r"|(?P<word>(?:[^\s;|&<>()\"'`,$]|(?<=[A-Za-z0-9])\$|\$(?![A-Za-z_{(]))+)"
    r"|(?P<rest>.)",
    re.DOTALL,
)
_PLAIN_REFERENCE = re.compile(
    r"\$\{{1,2}[ ]?[\w.:\[\]#@-]{1,120}[ ]?\}{1,2}|\{\{-?[ ]{0,2}\.?[\w.\[\]-]{1,120}[ ]{0,2}-?\}\}|\$\([\w.]{1,120}\)"
    r"|\$\w{1,80}|\$[@#?!*]|%\w{1,80}%|<%[=-]?[ ]?[\w.@\[\]:-]{1,120}[ ]?-?%>|<[A-Za-z][\w .-]{0,80}>"
    r"|\#\{[\w.]{1,120}\}|\{%[ ]?\$[\w.]{1,120}[ ]?%\}"
)
_DEFAULTED = re.compile(r"(\$\{)([A-Za-z_]\w{0,120})(:?[-=+?])([^{}]*)(\})", re.DOTALL)
_OPENING = re.compile(r"\$\{\{?|\{\{|\$\(|%|<%[=-]?|<|\#\{|\{%")
_CLOSING = re.compile(r"(?:\}\}?|\)|%>|%\}|%|>)$")
