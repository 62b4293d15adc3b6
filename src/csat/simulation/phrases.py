"""The phrases of the comments, by language."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Phrases:
    """The grammar of one language.

    ``cores`` are keyed by mood and cause, ``openings``, ``abouts`` and ``closings`` by mood,
    ``topics`` by the topic of the contact; ``abouts`` hold one ``{}`` for the topic.
    """

    openings: dict[str, tuple[str, ...]]
    cores: dict[tuple[str, str], tuple[str, ...]]
    abouts: dict[str, tuple[str, ...]]
    topics: dict[str, tuple[str, ...]]
    closings: dict[str, tuple[str, ...]]
    personal: tuple[str, ...]


ENGLISH = Phrases(
    openings={
        "satisfied": (
            "Thanks!",
            "Very good.",
            "Nice people.",
            "Happy customer here.",
            "Well done.",
        ),
        "indifferent": ("Okay I guess.", "It was alright.", "So so.", "Could be better."),
        "dissatisfied": (
            "Not good enough.",
            "Really disappointed.",
            "I am fed up.",
            "Unbelievable.",
            "This has to change.",
            "Honestly?",
        ),
    },
    cores={
        ("satisfied", "wait"): (
            "Had to hold for a while but the agent was worth it.",
            "The line was busy, still I got what I needed.",
            "Took some patience to get through, friendly once I did.",
        ),
        ("indifferent", "wait"): (
            "Waited quite long before anyone picked up.",
            "The help was fine, the queue was not.",
            "Too long on hold for such a small question.",
        ),
        ("dissatisfied", "wait"): (
            "I was on hold forever.",
            "Waited and waited, listening to music.",
            "Nobody picks up the phone at your company.",
            "Why does it take so long to reach a human being?",
            "Stuck in the queue during my whole lunch break.",
            "You need more people on the phones, the waiting is ridiculous.",
        ),
        ("satisfied", "unresolved"): (
            "Not solved yet but they keep me informed.",
            "Still waiting for the final answer, everybody was kind though.",
            "They tried everything they could.",
        ),
        ("indifferent", "unresolved"): (
            "My question is still open.",
            "I was told somebody would get back to me.",
            "Half of it is sorted, the rest is not.",
        ),
        ("dissatisfied", "unresolved"): (
            "My problem is still not solved.",
            "Asked for help and nothing has changed.",
            "Nobody came back to me as promised.",
            "I explained everything twice and it is still broken.",
            "They closed my case without fixing anything.",
            "Still no solution after all this time.",
        ),
        ("satisfied", "transfers"): (
            "Was passed on, the next person knew exactly what to do.",
            "Ended up with the right colleague and it was done.",
        ),
        ("indifferent", "transfers"): (
            "Was handed over to another department, fine in the end.",
            "Had to repeat my story after the transfer.",
        ),
        ("dissatisfied", "transfers"): (
            "Passed from one person to the next and each asked the same questions.",
            "Transferred, and nobody felt responsible.",
            "The left hand does not know what the right hand is doing.",
            "I had to start from zero with every new agent.",
        ),
        ("satisfied", "outage"): (
            "Power was back sooner than I feared.",
            "These things happen, the power came back and that is what counts.",
            "People were out there to repair the line, respect.",
            "The crew did what they could while the lights were out.",
        ),
        ("indifferent", "outage"): (
            "Lights were off again, it could have been worse.",
            "The outage was annoying but these things happen.",
            "Would have liked to know more about the outage.",
        ),
        ("dissatisfied", "outage"): (
            "No electricity again, and that in our times.",
            "Your grid is not reliable any more.",
            "One blackout too many, my freezer is ruined.",
            "I could not work because the power was gone.",
            "What am I paying for if the power fails?",
            "Without power with two small children.",
        ),
        ("satisfied", "bill"): (
            "The bill is higher this time, but I can follow it.",
            "Billing is clear and on time.",
            "My questions about the bill were taken seriously.",
        ),
        ("indifferent", "bill"): (
            "Bill seems high but I can live with it.",
            "The invoice is hard to read.",
            "I had to look twice at the numbers.",
        ),
        ("dissatisfied", "bill"): (
            "The bill is far too high and nobody can explain why.",
            "First one number, then another, I do not trust your billing.",
            "You charged me for energy I never used.",
            "The amounts jump from one month to the next.",
            "The numbers on my bill cannot be right.",
            "Your billing is a mess.",
        ),
        ("satisfied", "service"): (
            "Quick and friendly.",
            "Everything solved in one go.",
            "Very helpful person.",
            "Great service, competent and polite.",
            "They took the time to listen.",
            "Easy, fast, done.",
        ),
        ("indifferent", "service"): (
            "Average.",
            "Fine, although a bit impersonal.",
            "Friendly but not very well informed.",
            "Neither good nor bad.",
        ),
        ("dissatisfied", "service"): (
            "Bad service.",
            "They seemed bored and in a hurry.",
            "I feel like a number to you.",
            "Thinking about changing to another supplier.",
            "Rude tone.",
            "Useless.",
        ),
        ("satisfied", "line"): (
            "It was busy, still I got what I needed.",
            "Took some patience, friendly once it was my turn.",
        ),
        ("indifferent", "line"): (
            "Waited quite long until it was my turn.",
            "The help was fine, the waiting was not.",
        ),
        ("dissatisfied", "line"): (
            "Waited forever until it was my turn.",
            "Why does it take so long to reach a human being?",
            "You need more people, the waiting is ridiculous.",
        ),
        ("satisfied", "website"): (
            "The website is clear and quick.",
            "Found at once what I was looking for.",
            "Easy, fast, done.",
            "Good page, works on my phone too.",
            "It just works, nothing to add.",
        ),
        ("indifferent", "website"): (
            "Had to search for a while.",
            "The page does the job, nothing special.",
            "A bit slow, but it worked.",
            "Too many clicks.",
        ),
        ("dissatisfied", "website"): (
            "The website throws errors all the time.",
            "I could not find what I was looking for.",
            "Your page is slow and confusing.",
            "Logged out in the middle of a form.",
            "Useless.",
        ),
        ("satisfied", "company"): (
            "It just works, nothing to add.",
            "Never had any trouble with you.",
            "Reliable supplier, fair prices.",
            "I feel in good hands.",
            "All as it should be.",
        ),
        ("indifferent", "company"): (
            "Average.",
            "Nothing special, does the job.",
            "Prices could be lower.",
            "Neither good nor bad.",
            "I hardly notice you, which is fine.",
        ),
        ("dissatisfied", "company"): (
            "Too expensive for what I get.",
            "Thinking about changing to another supplier.",
            "I feel like a number to you.",
            "You have become worse over the years.",
            "Promises in the advertising, little behind them.",
        ),
    },
    abouts={
        "satisfied": ("It was about {}.", "I asked about {}.", "I had a question about {}."),
        "indifferent": ("Topic was {}.", "I only wanted to ask about {}.", "It concerned {}."),
        "dissatisfied": (
            "All I wanted was help with {}.",
            "And that only because of {}.",
            "It is about {}, how hard can it be?",
        ),
    },
    topics={
        "outage": ("the power cut", "the blackout on our street", "the interruption"),
        "bill_question": ("my invoice", "the last bill", "an item on the bill"),
        "payment": ("a payment", "my direct debit", "the bank details"),
        "meter_reading": ("the meter reading", "the estimated reading", "my meter"),
        "moving": ("moving house", "my new flat", "the move"),
        "contract": ("my contract", "the renewal", "the terms"),
        "complaint": ("my complaint", "the case I opened", "the refund"),
        "app_help": ("the app", "logging in", "my online account"),
        "tariff_advice": ("a better tariff", "the green plan", "the night rate"),
        "connection": ("the new connection", "the wallbox", "the meter installation"),
        "service_check": ("the call back", "the check-up call", "your offer"),
    },
    closings={
        "satisfied": ("Keep it up!", "Would recommend.", "Thank you.", "Greetings from a fan :)"),
        "indifferent": ("We will see.", "Please improve.", "That is all."),
        "dissatisfied": (
            "Do something!",
            "I expect an answer.",
            "Never again.",
            "Shame on you.",
            "I will tell my neighbours.",
        ),
    },
    personal=(
        "You can reach me at jo.miller{number}@example.com.",
        "Please call me on +44 20 {number}.",
        "My mail is c.{number}@example.org",
        "Phone: 0171 {number}.",
    ),
)

GERMAN = Phrases(
    openings={
        "satisfied": ("Danke!", "Nette Leute.", "Sehr gut.", "Ein Lob an das Team."),
        "indifferent": ("Naja.", "Geht so.", "War in Ordnung."),
        "dissatisfied": (
            "Eine Frechheit.",
            "Ich bin enttäuscht.",
            "So geht das nicht.",
            "Unglaublich.",
        ),
    },
    cores={
        ("satisfied", "wait"): (
            "Etwas gewartet, dann aber sehr nett bedient worden.",
            "Die Leitung war voll, geholfen wurde mir trotzdem.",
        ),
        ("indifferent", "wait"): (
            "Die Hilfe war gut, die Wartezeit nicht.",
            "Für so eine kleine Frage zu lange in der Schleife.",
        ),
        ("dissatisfied", "wait"): (
            "Ewig in der Warteschleife gehangen.",
            "Gewartet und gewartet, und immer diese Musik.",
            "Bei Ihnen geht ja niemand ans Telefon.",
        ),
        ("satisfied", "unresolved"): (
            "Noch nicht gelöst, aber ich werde auf dem Laufenden gehalten.",
            "Man hat sich wirklich bemüht.",
        ),
        ("indifferent", "unresolved"): (
            "Meine Frage ist noch offen.",
            "Man wollte sich wieder melden.",
        ),
        ("dissatisfied", "unresolved"): (
            "Mein Problem ist immer noch nicht gelöst.",
            "Versprochen war eine Antwort, gekommen ist nichts.",
            "Vorgang geschlossen, aber nichts behoben.",
        ),
        ("satisfied", "transfers"): ("Weitergeleitet, dann aber an die richtige Stelle.",),
        ("indifferent", "transfers"): ("Nach dem Weiterleiten musste ich alles wiederholen.",),
        ("dissatisfied", "transfers"): (
            "Von einem zum anderen gereicht, keiner war zuständig.",
            "Jedem neuen Mitarbeiter musste ich alles von vorne erzählen.",
        ),
        ("satisfied", "outage"): (
            "Der Strom war schneller zurück als befürchtet.",
            "Störungen kommen vor, der Strom ist wieder da.",
        ),
        ("indifferent", "outage"): (
            "Wieder Stromausfall, es gibt Schlimmeres.",
            "Über die Störung hätte ich gern mehr gewusst.",
        ),
        ("dissatisfied", "outage"): (
            "Kein Strom, und das in unserer Zeit.",
            "Auf Ihr Netz ist kein Verlass mehr.",
            "Ein Ausfall zu viel, die Gefriertruhe ist hin.",
        ),
        ("satisfied", "bill"): (
            "Die Rechnung kann ich nachvollziehen.",
            "Die Abrechnung ist klar und pünktlich.",
        ),
        ("indifferent", "bill"): (
            "Die Rechnung ist schwer zu lesen.",
            "Bei der Rechnung musste ich zweimal hinsehen.",
        ),
        ("dissatisfied", "bill"): (
            "Die Rechnung ist viel zu hoch und niemand kann es erklären.",
            "Bei Ihrer Abrechnung blickt niemand durch.",
            "Die Zahlen auf der Rechnung können nicht stimmen.",
        ),
        ("satisfied", "service"): (
            "Schnell und freundlich.",
            "Sehr kompetente Beratung.",
            "Anliegen gleich erledigt.",
        ),
        ("indifferent", "service"): (
            "Durchschnitt.",
            "Freundlich, aber wenig Ahnung.",
            "Weder gut noch schlecht.",
        ),
        ("dissatisfied", "service"): (
            "Schlechter Service.",
            "Unfreundlicher Ton.",
            "Ich überlege, den Anbieter zu wechseln.",
        ),
        ("satisfied", "line"): (
            "Etwas gewartet, dann aber sehr nett bedient worden.",
            "Viel los, geholfen wurde mir trotzdem.",
        ),
        ("indifferent", "line"): ("Die Hilfe war gut, die Wartezeit nicht.",),
        ("dissatisfied", "line"): (
            "Ewig gewartet, bis ich an der Reihe war.",
            "Zu wenig Leute, viel zu lange Wartezeit.",
        ),
        ("satisfied", "website"): (
            "Übersichtliche Seite, alles gleich gefunden.",
            "Schnell und einfach.",
            "Läuft einfach, nichts hinzuzufügen.",
        ),
        ("indifferent", "website"): (
            "Musste etwas suchen.",
            "Die Seite tut, was sie soll.",
            "Zu viele Klicks.",
        ),
        ("dissatisfied", "website"): (
            "Die Seite wirft ständig Fehler.",
            "Ich habe nicht gefunden, was ich suchte.",
            "Langsam und unübersichtlich.",
        ),
        ("satisfied", "company"): (
            "Läuft einfach, nichts hinzuzufügen.",
            "Noch nie Ärger gehabt.",
            "Zuverlässiger Anbieter.",
        ),
        ("indifferent", "company"): (
            "Durchschnitt.",
            "Weder gut noch schlecht.",
            "Könnte billiger sein.",
        ),
        ("dissatisfied", "company"): (
            "Viel zu teuer für das, was ich bekomme.",
            "Ich überlege, den Anbieter zu wechseln.",
            "Früher war der Service besser.",
        ),
    },
    abouts={
        "satisfied": ("Es ging um {}.", "Thema war {}."),
        "indifferent": ("Es ging nur um {}.", "Thema: {}."),
        "dissatisfied": ("Und das alles wegen {}.", "Dabei ging es nur um {}."),
    },
    topics={
        "outage": ("Stromausfall", "die Störung"),
        "bill_question": ("meine Rechnung", "die letzte Abrechnung"),
        "payment": ("eine Zahlung", "die Bankverbindung"),
        "meter_reading": ("den Zählerstand", "die Ablesung"),
        "moving": ("meinen Umzug", "die neue Wohnung"),
        "contract": ("meinen Vertrag", "die Verlängerung"),
        "complaint": ("meine Beschwerde", "die Erstattung"),
        "app_help": ("die App", "mein Kundenkonto"),
        "tariff_advice": ("einen besseren Tarif", "den Ökostrom"),
        "connection": ("den neuen Anschluss", "die Wallbox"),
        "service_check": ("den Rückruf", "Ihr Angebot"),
    },
    closings={
        "satisfied": ("Weiter so!", "Gerne wieder.", "Vielen Dank."),
        "indifferent": ("Mal sehen.", "Da geht noch was."),
        "dissatisfied": ("Bitte melden Sie sich!", "Nie wieder.", "Ich erwarte eine Antwort."),
    },
    personal=(
        "Erreichbar unter m.schmidt{number}@example.com.",
        "Bitte Rückruf unter 030 {number}.",
    ),
)
