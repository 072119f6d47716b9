"""After the last step: the accounts, and where to look."""

from mrm.demo.cast import ENTITY
from mrm.demo.story import CARDS, Story


def write_accounts(story: Story) -> None:
    """Write the accounts to a file that only its owner reads."""
    path = story.places.folder / "accounts.txt"
    path.touch(mode=0o600)
    lines = [
        f"{username:8} {account['password']:20} {account['name']}, {account['does']}"
        for username, account in story.people.accounts.items()
    ]
    path.write_text("\n".join(["user     password             who", *lines]) + "\n", encoding="utf-8")


def closing_words(story: Story) -> None:
    """Print pages and accounts."""
    url = story.places.web_url
    permission = story.permission(CARDS, "card-underwriting")
    pages = (
        ("Inventory", f"{url}/models/"),
        ("A permission", permission["page"]),
        ("Its decision", f"{url}/decisions/{permission['decision']}/"),
        ("A validation", story.validation(CARDS, "card-underwriting")["page"]),
        ("Output floor", f"{url}/entities/{ENTITY}/"),
        ("Findings", f"{url}/findings/"),
        ("Audit log", f"{url}/audit/"),
        ("Portal (as rex)", f"{url}/portal/"),
        ("REST API", f"{url}/api/docs/"),
        ("MLflow", story.places.mlflow_url),
    )
    marks = story.journal.marks
    story.say(f"first decision after {marks['first_decision']} s, the job done after {marks['job_done']} s")
    lines = ["", "Where to look", *(f"  {name:16} {page}" for name, page in pages), ""]
    accounts = (story.places.folder / "accounts.txt").read_text(encoding="utf-8").splitlines()
    lines += [f"Accounts ({story.places.folder / 'accounts.txt'})", *(f"  {line}" for line in accounts), ""]
    for line in lines:
        story.journal.line(line)
