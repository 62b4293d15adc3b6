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
            "No complaints.",
            "Happy customer here.",
            "Well done.",
        ),
        "indifferent": ("Okay I guess.", "It was alright.", "So so.", "Could be better."),
        "dissatisfied": (
            "Not good enough.",
            "Really disappointed.",
            "I am fed up.",
            "Unbelievable.",
            "This is the last straw.",
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
            "Waited more than twenty minutes listening to music.",
            "Nobody picks up the phone at your company.",
            "Why does it take so long to reach a human being?",
            "Stuck in the queue during my whole lunch break.",
            "You need more people on the phones, the waiting is ridiculous.",
        ),
        ("satisfied", "unresolved"): (
            "Not solved yet but they keep me informed.",
            "Still waiting for the final answer, the lady was kind though.",
            "They tried everything they could.",
        ),
        ("indifferent", "unresolved"): (
            "My question is still open.",
            "I was told somebody would get back to me.",
            "Half of it is sorted, the rest is not.",
        ),
        ("dissatisfied", "unresolved"): (
            "My problem is still not solved.",
            "Called and nothing has changed.",
            "Nobody called me back as promised.",
            "I explained everything twice and it is still broken.",
            "They closed my case without fixing anything.",
            "Still no solution after all this time.",
        ),
        ("satisfied", "transfers"): (
            "Was passed on once, the second person knew exactly what to do.",
            "Ended up with the right colleague and it was done.",
        ),
        ("indifferent", "transfers"): (
            "Was handed over to another department, fine in the end.",
            "Had to repeat my story after the transfer.",
        ),
        ("dissatisfied", "transfers"): (
            "Passed from one person to the next and each asked the same questions.",
            "Transferred three times, nobody felt responsible.",
            "The left hand does not know what the right hand is doing.",
            "I had to start from zero with every new agent.",
        ),
        ("satisfied", "outage"): (
            "Power was back sooner than expected.",
            "Good that you texted me about the outage.",
            "The crew worked in the storm, respect.",
            "Kept me up to date while the lights were out.",
        ),
        ("indifferent", "outage"): (
            "Lights were off again, at least not for long.",
            "The outage was annoying but these things happen.",
            "Would have liked to know when the power comes back.",
        ),
        ("dissatisfied", "outage"): (
            "Hours without electricity and no information.",
            "The power was supposed to be back at noon, it was not.",
            "Third blackout this winter, my freezer is ruined.",
            "Nobody told us that the supply would be cut.",
            "Your estimate of when power returns was pure fantasy.",
            "Sat in the dark with two small children.",
        ),
        ("satisfied", "bill"): (
            "My bill was explained to me in plain words.",
            "Billing is clear and on time.",
            "They corrected the invoice without any discussion.",
        ),
        ("indifferent", "bill"): (
            "Bill seems high but I can live with it.",
            "The invoice is hard to read.",
            "Another estimated reading, please come and look at the meter.",
        ),
        ("dissatisfied", "bill"): (
            "The bill is far too high and nobody can explain why.",
            "Estimated again, and then a huge back payment.",
            "You charged me for energy I never used.",
            "My invoice doubled from one month to the next.",
            "Wrong meter reading on my bill for the second time.",
            "I am paying on time and still get reminders.",
        ),
        ("satisfied", "service"): (
            "Quick and friendly.",
            "Everything solved in one go.",
            "Very helpful person on the other end.",
            "It just works, nothing to add.",
            "Great service, competent and polite.",
            "Never had any trouble with you.",
            "The agent took the time to listen.",
            "Easy, fast, done.",
        ),
        ("indifferent", "service"): (
            "Average.",
            "Nothing special, does the job.",
            "Fine, although a bit impersonal.",
            "Friendly but not very well informed.",
            "Neither good nor bad.",
            "Prices could be lower.",
        ),
        ("dissatisfied", "service"): (
            "Bad service.",
            "The agent sounded bored and in a hurry.",
            "I feel like a number to you.",
            "Too expensive for what I get.",
            "Thinking about changing to another supplier.",
            "Rude tone on the phone.",
            "The website throws errors all the time.",
            "Useless.",
        ),
    },
    abouts={
        "satisfied": ("It was about {}.", "All settled with {}.", "My concern was {}."),
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
        "satisfied": ("Danke!", "Alles bestens.", "Sehr gut.", "Ein Lob an das Team."),
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
            "Über zwanzig Minuten gewartet, dann flog ich aus der Leitung.",
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
            "Der versprochene Rückruf kam nie.",
            "Vorgang geschlossen, aber nichts behoben.",
        ),
        ("satisfied", "transfers"): ("Einmal verbunden, dann hatte ich die richtige Kollegin.",),
        ("indifferent", "transfers"): ("Nach dem Weiterverbinden musste ich alles wiederholen.",),
        ("dissatisfied", "transfers"): (
            "Von einem zum anderen verbunden, keiner war zuständig.",
            "Jedem neuen Mitarbeiter musste ich alles von vorne erzählen.",
        ),
        ("satisfied", "outage"): (
            "Der Strom war schneller zurück als gedacht.",
            "Gut, dass ich wegen der Störung eine Nachricht bekam.",
        ),
        ("indifferent", "outage"): (
            "Wieder Stromausfall, zum Glück nur kurz.",
            "Ich hätte gern gewusst, wann der Strom wiederkommt.",
        ),
        ("dissatisfied", "outage"): (
            "Stundenlang kein Strom und keine Information.",
            "Die angekündigte Uhrzeit wurde nicht eingehalten.",
            "Der dritte Ausfall in diesem Winter, die Gefriertruhe ist hin.",
        ),
        ("satisfied", "bill"): (
            "Die Rechnung wurde mir verständlich erklärt.",
            "Die Abrechnung ist klar und pünktlich.",
        ),
        ("indifferent", "bill"): (
            "Die Rechnung ist schwer zu lesen.",
            "Schon wieder geschätzt, bitte lesen Sie den Zähler ab.",
        ),
        ("dissatisfied", "bill"): (
            "Die Rechnung ist viel zu hoch und niemand kann es erklären.",
            "Erst geschätzt, dann eine riesige Nachzahlung.",
            "Falscher Zählerstand auf der Rechnung.",
        ),
        ("satisfied", "service"): (
            "Schnell und freundlich.",
            "Sehr kompetente Beratung.",
            "Läuft einfach, nichts hinzuzufügen.",
            "Anliegen in einem Gespräch erledigt.",
        ),
        ("indifferent", "service"): (
            "Durchschnitt.",
            "Freundlich, aber wenig Ahnung.",
            "Weder gut noch schlecht.",
        ),
        ("dissatisfied", "service"): (
            "Schlechter Service.",
            "Unfreundlicher Ton am Telefon.",
            "Viel zu teuer für das, was ich bekomme.",
            "Ich überlege, den Anbieter zu wechseln.",
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
