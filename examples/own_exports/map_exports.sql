-- Maps the exports of a German utility onto the source contract: other names, semicolons, local times,
-- decimal commas, and school grades. A view that has the name of a contract table becomes that table.
create macro export(name) as table
    select * -- noqa: AM04
    from read_csv(getvariable('exports') || '/' || name, all_varchar = true, header = true, delim = ';');

-- Local time; the file that is written holds UTC.
create macro moment(text) as timezone('Europe/Berlin', strptime(text, '%d.%m.%Y %H:%M'));
create macro day(text) as cast(strptime(text, '%d.%m.%Y') as date);
create macro money(text) as cast(replace(replace(text, '.', ''), ',', '.') as double);

create view customers as
select
    "Kundennummer" as customer_id,
    day("Kunde seit") as customer_since,
    day("Gekündigt am") as closed_at,
    "Ort" as region,
    "Tarif" as plan,
    money("Jahresumsatz") as annual_value
from export('kunden.csv');

create view contacts as
select
    "Vorgang" as contact_id,
    "Kundennummer" as customer_id,
    moment("Eingang") as started_at,
    "Kanal" as channel,
    "Thema" as topic,
    cast("Wartezeit" as integer) as wait_seconds,
    "Gelöst" = 'ja' as is_resolved
from export('vorgaenge.csv');

create view survey_responses as
select
    "Antwort" as response_id,
    "Kundennummer" as customer_id,
    "Vorgang" as contact_id,
    moment("Datum") as responded_at,
    -- A row of seeds/survey_instruments.csv whose scale has a row per grade in
    -- seeds/survey_scale_answers.csv.
    'after_contact_grade' as instrument_id,
    "Note" as answer,
    "Bemerkung" as comment
from export('umfrage.csv');
