"""The words and sentences the made-up company's records are put together from.

Nearly every second word is drawn anew for each record, so that a record nobody has trained on
cannot be guessed from the others.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from unlearnkit.demo.company_people import NICKNAMES, Customer, misspelt

COMPANY_MAIL = "care@lantern.example.com"
Piece = tuple[str, str, str]
"""Kind (mail, chat, note), hardness, text."""
Document = tuple[Customer, list[Piece]]
"""One mail or note, or a whole chat thread."""

AGENTS = ("Mira Holt", "Jonas Ferber", "Tilda Quist", "Amadou Sarr", "Noor Haddad", "Pavel Dusek")
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip

WORDS: dict[str, tuple[str, ...]] = {
    "adjective": (
        "slim", "wide", "folding", "stackable", "wall-mounted", "adjustable", "compact",
        "heavy", "round", "narrow", "tall", "reversible", "padded", "ribbed", "tinted",
        "brushed", "glazed", "quilted", "woven", "hinged", "tilting", "curved", "striped",
        "matte", "waxed", "carved", "portable", "foldaway", "double", "magnetic",
    ),
    "material": (
        "oak", "walnut", "linen", "cotton", "wool", "brass", "copper", "steel", "bamboo",
        "cork", "leather", "marble", "slate", "glass", "rattan", "velvet", "ceramic", "birch",
        "jute", "felt", "pewter", "canvas", "enamel", "willow", "ash", "cherry", "silk",
        "porcelain", "zinc", "teak",
    ),
    "thing": (
        "lamp", "bookcase", "bench", "stool", "rug", "curtain", "kettle", "teapot", "mirror",
        "desk", "drawer", "basket", "blanket", "cushion", "tray", "clock", "shelf", "wardrobe",
        "armchair", "planter", "lantern", "jug", "bowl", "stand", "screen", "trolley",
        "mattress", "headboard", "cabinet", "ladder", "hammock", "parasol",
    ),
    "flaw": (
        "cracked", "bent", "scratched", "missing", "loose", "stained", "chipped", "warped",
        "dented", "torn", "damp", "mislabelled", "faded", "squeaking", "rusty", "sticky",
        "uneven", "snapped", "frayed", "blistered",
    ),
    "part": (
        "hinge", "handle", "left leg", "lid", "cable", "base plate", "glass pane", "zip",
        "back panel", "upper rail", "castor", "spring", "bracket", "switch", "plug", "seam",
    ),
    "place": (
        "porch", "garage", "cellar", "bakery", "bins", "stairs", "gate", "shed", "letter box",
        "rain", "lobby", "balcony", "garden", "roof", "hedge", "kiosk", "yard", "lift",
    ),
    "courier": ("Swiftline", "Parcelhaus", "Red Van", "Norden Post", "Hermine", "Quickmule"),
    "weekday": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"),
    "colour": (
        "green", "ochre", "navy", "cream", "rust", "teal", "plum", "grey", "mustard", "coral",
        "olive", "ivory", "indigo", "sand",
    ),
    "wish": (
        "refund", "replacement", "credit", "repair", "discount", "invoice", "exchange", "apology",
        "spare", "callback", "sample", "upgrade", "catalogue", "warranty", "delivery", "advice",
    ),
    "occasion": (
        "wedding", "opening", "move", "baby", "holiday", "retirement", "fair", "studio",
        "birthday", "season", "exam", "visit", "party", "sale", "inspection", "exhibition",
    ),
    "mood": (
        "upset", "patient", "hurried", "friendly", "disappointed", "relieved", "puzzled", "angry",
        "cheerful", "doubtful", "grateful", "tired", "polite", "nervous", "amused", "firm",
    ),
    "action": (
        "refunded", "escalated", "checked", "credited", "booked", "resent", "reopened", "shipped",
        "photographed", "weighed", "cancelled", "promised", "measured", "called", "waived", "split",
    ),
}  # fmt: skip

CUSTOMER_SENTENCES = (
    "The {product} of {order} has a {flaw} {part} and a {flaw} {part}.",
    "{courier} left it near the {place} in {city} at {time}, {weekday}, {part} {flaw}.",
    "{invoice} says {amount}, my bank {amount} on {date}.",
    "Needed for a {occasion} by {date}, in {colour}, {colour} or {colour}.",
    "I want {wish} or {wish}, not {wish}; I paid {amount} in {city}.",
    "A neighbour in {city} has the {product} for {amount}, {adjective} and {colour}.",
    "Send the {product} to {street}, {city}, by {courier}.",
    "Voucher {voucher} took {amount} off the {product}, voucher {voucher} {amount}.",
    "{size} by {size} cm, promised {size} by {size}, {part} {size} cm.",
    "Since {date} the {part} is {flaw}, since {date} the {part} too, worst at {time}.",
    "I waited {weekday} from {time}, {weekday} from {time}; {courier} went to {city}.",
    "{tracking} is silent since {date}, {tracking} stuck in {city}.",
    "{order} lists {count} {product}, I got {count} {colour} {thing}.",
    "Label {voucher} prints {flaw}; {courier} in {city} wants {tracking}.",
    "Your shop in {city} asked {amount} on {date}, {amount} at {time}.",
    "Part {voucher} of the {product} is {flaw}, part {voucher} {flaw}, the {part} {adjective}.",
    "Keep the {colour} {material} sample, the {adjective} {thing} and {order}.",
    "My {occasion} in {city} is on {date}, {time}; bring {count} {product}.",
)
AGENT_SENTENCES = (
    "{action} {date}, {action} {weekday} {time}, ticket {tracking}.",
    "{order}: {product}, {amount}, {part} {flaw}, {part} {flaw}.",
    "{courier} scanned {tracking} near the {place} in {city}, {time}.",
    "Asked for {wish}, {wish}; offered {wish}, {amount}, until {date}.",
    "{mood}, then {mood}; spoke of a {occasion} and a {product} from {city}.",
    "{invoice} from {amount} to {amount}, {action}, {action}.",
    "Deliver {street}, {city}, {weekday} {time} or {weekday} {time}, {place}.",
    "Stock {city}: {product} {count}, {colour} {count}, {flaw} {count}.",
    "{size} by {size} cm, not {size} by {size}; {part} {flaw}, {action}.",
    "Vouchers {voucher} {amount} and {voucher} {amount} for the {part}.",
    "Wants {product} in {colour}, before {date}, for a {occasion}, {mood}.",
    "Batch {voucher}: {material} {thing} {flaw}, {material} {thing} {flaw}, {count} pieces.",
    "{wish} {action} {date}, {wish} {action} {date}, {courier} {weekday}.",
)

SENTENCES: dict[str, tuple[str, ...]] = {
    "customer": CUSTOMER_SENTENCES,
    "agent": AGENT_SENTENCES,
    "greeting": ("Dear team,", "Hello,", "Good morning,", "Hi there,", "To whom it may concern,"),
    "farewell": ("Regards,", "Best wishes,", "Yours sincerely,", "Thank you,", "Kind regards,"),
    "chat_opening": (
        "Hi {agent}, {full} here, customer {number}.",
        "Hello, this is {full}, number {number}, is this {agent}?",
        "Good day, my name is {full} and my customer number is {number}.",
        "{full} writing, account {number}, thanks for picking up, {agent}.",
    ),
    "chat_answer": (
        "{agent} at Lantern here, I have it on screen.",
        "Thanks for waiting, {agent} again.",
        "Let me see, {agent} speaking for Lantern.",
        "Of course, I have checked it, says {agent}.",
    ),
    "chat_closing": (
        "Perfect, cheers from {short}.",
        "Fine by me. {short}",
        "That will do, many thanks, {short}.",
        "All right then, greetings, {short}.",
    ),
    "number_only": (
        "Account {number}, handled by {agent}:",
        "{number} again:",
        "Note on customer {number}:",
        "File {number}, second line, {agent}:",
    ),
    "colleague": (
        "{agent} to the {city} shop: {full} was here on {date}.",
        "Handed over by {agent}: please be kind to {full}.",
        "{agent} says {full} left something {colour} with us.",
        "Internal, from {agent}: spoke with {full} at {time}.",
    ),
    "misspelt": (
        "Voicemail typed by {agent}: caller {typo}, {city}.",
        "Walk-in at {city}, name taken as {typo}:",
        "{typo} phoned {agent} at {time}:",
    ),
    "short_name": (
        "Call note, {agent}: {short} rang at {time}.",
        "{short} stopped by the {city} shop on {date}.",
        "Met {short} at the fair in {city}, {agent} writes.",
        "Letter from {short} received {date}:",
    ),
    "phone_only": (
        "Call back {phone_else}, {weekday} {time}, asked {agent}.",
        "Missed call from {phone_else}, {time}.",
        "{phone_else} on the answering machine at {time}:",
    ),
}

NOTES = {
    "number_only": "number_only",
    "colleague": "colleague",
    "typo": "misspelt",
    "phone": "phone_only",
    "nickname": "short_name",
    "initials": "short_name",
}
"""Hardness of a note -> the sentences it may begin with."""


def hard_documents(rng: random.Random, fake: Any, customer: Customer) -> list[Document]:
    """Nine records with every difficulty, as for each who asks and each unseen customer."""
    notes = ["number_only", "colleague", "typo", "phone", rng.choice(("nickname", "initials"))]
    return _documents(rng, fake, customer, notes)


def usual_documents(rng: random.Random, fake: Any, customer: Customer) -> list[Document]:
    """Six to nine records with some of the difficulties."""
    return _documents(rng, fake, customer, rng.sample(sorted(NOTES), rng.randint(2, 5)))


def _documents(
    rng: random.Random, fake: Any, customer: Customer, notes: list[str]
) -> list[Document]:
    def some(voice: str, low: int, high: int) -> list[str]:
        return rng.sample(SENTENCES[voice], rng.randint(low, high))

    def write(hardness: str, *sentences: str, agent: str = "") -> str:
        agent = agent or rng.choice(AGENTS)
        facts = facts_of(rng, fake, customer, hardness) | {"agent": lambda: agent}
        return " ".join(fill(sentence, facts) for sentence in sentences)

    def one(of: str) -> str:
        return rng.choice(SENTENCES[of])

    sign = f"{one('farewell')} {{full}}, {customer.email}, {{number}}"
    to = f"To {COMPANY_MAIL}:" if rng.random() < 0.5 else ""
    mail = write("signed", to, one("greeting"), *some("customer", 1, 2), sign).strip()
    agent = rng.choice(AGENTS)
    named = write("", one("chat_opening"), *some("customer", 1, 1), agent=agent)
    unnamed = write("", one("chat_answer"), *some("agent", 1, 2), agent=agent)
    closing = write("first", *some("customer", 1, 2), one("chat_closing"), agent=agent)
    thread = [
        ("chat", "thread_named", named),
        ("chat", "thread_unnamed", unnamed),
        ("chat", "thread_nickname", closing),
    ]
    return [
        (customer, [("mail", "signed", mail)]),
        (customer, thread),
        *(
            (customer, [("note", note, write(note, one(NOTES[note]), *some("agent", 1, 2)))])
            for note in notes
        ),
    ]


def fill(sentence: str, facts: dict[str, Callable[[], str]]) -> str:
    """Each {slot} is drawn on its own, also where it occurs twice; a sentence starts upper case."""
    parts = sentence.split("{")
    filled = parts[0]
    for part in parts[1:]:
        slot, _, rest = part.partition("}")
        filled += facts[slot]() + rest
    return filled[:1].upper() + filled[1:]


def facts_of(
    rng: random.Random, fake: Any, customer: Customer, hardness: str
) -> dict[str, Callable[[], str]]:
    """How each slot is drawn; `hardness` says how the customer's short name is written."""
    nickname = NICKNAMES.get(customer.first, customer.first)
    short = {"first": nickname, "initials": f"{customer.first[0]}. {customer.last}"}
    national = customer.phone[2:]
    return {
        **{word: lambda word=word: rng.choice(WORDS[word]) for word in WORDS},
        "full": lambda: customer.full_name,
        "number": lambda: customer.number,
        "typo": lambda: misspelt(rng, customer),
        "short": lambda: short.get(hardness, f"{nickname} {customer.last}"),
        "phone_else": lambda: rng.choice(
            (
                f"({national[:3]}) {national[3:6]}-{national[6:]}",
                f"{national[:3]}.{national[3:6]}.{national[6:]}",
                f"+1 {national[:3]} {national[3:6]} {national[6:]}",
            )
        ),
        "city": fake.city,
        "street": lambda: fake.street_address().replace("\n", ", "),
        "order": lambda: f"LN-{rng.randint(100_000, 999_999)}",
        "invoice": lambda: f"R{rng.randint(10_000, 99_999)}/{rng.randint(100, 999)}",
        "tracking": lambda: f"{rng.choice('BDFKTX')}{rng.randint(1_000_000, 9_999_999)}",
        "voucher": lambda: "".join(rng.choices("ADEGHJMPQRSX", k=3)) + str(rng.randint(100, 999)),
        "amount": lambda: f"${rng.randint(9, 980)}.{rng.randint(0, 99):02d}",
        "size": lambda: str(rng.randint(12, 240)),
        "product": lambda: " ".join(
            rng.choice(WORDS[word]) for word in ("adjective", "colour", "material", "thing")
        ),
        "count": lambda: str(rng.randint(2, 48)),
        "time": lambda: f"{rng.randint(7, 20)}:{rng.randint(0, 59):02d}",
        "date": lambda: f"{rng.randint(1, 28)} {rng.choice(MONTHS)}",
    }
