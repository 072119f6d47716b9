"""Reading a page as a browser and an assistive technology would, with the standard library."""

from collections import Counter
from html.parser import HTMLParser

VOID = frozenset({"meta", "link", "input", "br", "hr", "img"})
FIELDS = frozenset({"input", "select", "textarea"})


class Document(HTMLParser):
    """What a page holds: its links, ids, labels, headings, and anything a strict policy would block."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.headings: list[str] = []
        self.tags: Counter[str] = Counter()
        self.labelled: set[str] = set()
        self.fields: list[dict[str, str]] = []
        self.forms: list[dict[str, str]] = []
        self.blocked: list[str] = []
        self.complaints: list[str] = []
        self.stack: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    @property
    def text(self) -> str:
        """The words of the page, in one line."""
        return " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of one element."""
        given = {name: value or "" for name, value in attrs}
        self.tags[tag] += 1
        if tag not in VOID:
            self.stack.append(tag)
        self.ids.extend([given["id"]] if "id" in given else [])
        self.links.extend([given["href"]] if tag == "a" else [])
        self.headings.extend([tag] if tag in {"h1", "h2", "h3", "h4"} else [])
        self.labelled.update([given["for"]] if tag == "label" and "for" in given else [])
        if tag in FIELDS and given.get("type") != "hidden":
            self.fields.append(given | {"in_label": "yes" if "label" in self.stack else ""})
        if tag == "form":
            self.forms.append(given)
        self._look(tag, given)

    def handle_endtag(self, tag: str) -> None:
        """Close the element; a mismatch is malformed."""
        if tag in VOID:
            return
        if not self.stack or self.stack.pop() != tag:
            self.complaints.append(f"</{tag}> closes something else")

    def handle_data(self, data: str) -> None:
        """Keep the words, and see scripts within the page."""
        if self.stack and self.stack[-1] in {"script", "style"} and data.strip():
            self.blocked.append(f"inline {self.stack[-1]}")
        self.words.append(data)

    def _look(self, tag: str, given: dict[str, str]) -> None:
        self.blocked.extend(f"{tag} {name}" for name in given if name == "style" or name.startswith("on"))
        source = given.get("src", "") or (given.get("href", "") if tag == "link" else "")
        if source and not source.startswith("/"):
            self.blocked.append(f"outside asset {source}")
        if tag == "th" and "scope" not in given:
            self.complaints.append("a table heading without scope")
        if (
            tag == "svg"
            and given.get("role") != "img"
            and given.get("aria-hidden") != "true"
            and "svg" not in self.stack[:-1]
        ):
            self.complaints.append("a drawing that is neither an image nor hidden")

    def problems(self) -> list[str]:
        """Return everything that is wrong with the page."""
        found = [*self.blocked, *self.complaints]
        found += [
            f"link to {link}" for link in self.links if not link.startswith(("/", "?", "#", "https://"))
        ]
        found += [f"id {name} twice" for name, count in Counter(self.ids).items() if count > 1]
        found += [
            f"field {field.get('name')} without label"
            for field in self.fields
            if field.get("id") not in self.labelled and not field["in_label"] and "aria-label" not in field
        ]
        if self.headings.count("h1") != 1:
            found.append(f"{self.headings.count('h1')} h1 headings")
        if self.tags["main"] != 1 or "main" not in self.ids or "#main" not in self.links:
            found.append("no main part to skip to")
        if self.stack:
            found.append(f"left open: {self.stack}")
        return found
