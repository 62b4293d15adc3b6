-- Maps customer_support_17k.csv, rated customer-service contacts of an e-commerce company in
-- August 2023, onto the source contract. The file has no customers: contacts that share an order
-- share a customer, and a contact without an order is a customer of its own.

create view tickets as
select
    "Unique id" as ticket_id,
    coalesce("Order_id", "Unique id") as customer_id,
    channel_name as channel,
    category as topic,
    "Sub-category" as queue,
    "Customer Remarks" as remarks,
    "Product_category" as product,
    "Customer_City" as city,
    "Agent_name" as agent_name,
    "Supervisor" as supervisor,
    "Tenure Bucket" as tenure_bucket,
    "Agent Shift" as agent_shift,
    try_cast("Item_price" as double) as item_price,
    try_cast(connected_handling_time as double) as handle_seconds,
    strptime("Issue_reported at", '%d/%m/%Y %H:%M') as reported_at,
    strptime(issue_responded, '%d/%m/%Y %H:%M') as responded_at,
    strptime(order_date_time, '%d/%m/%Y %H:%M') as ordered_at,
    -- The day is known, not the time: a date means the end of that day.
    cast(strptime("Survey_response_Date", '%d-%b-%y') as date) as survey_date,
    "CSAT Score" as score
from read_csv(getvariable('source_file'), all_varchar = true, header = true, delim = ',', quote = '"');

create view customers as
select
    customer_id,
    cast(least(min(ordered_at), min(reported_at)) as date) as customer_since,
    any_value(city order by reported_at, ticket_id) as region
from tickets
group by customer_id;

create view agents as
select
    agent_name as agent_id,
    agent_name,
    any_value(supervisor order by reported_at desc, ticket_id desc) as team
from tickets
group by agent_name;

create view contacts as
select
    ticket_id as contact_id,
    customer_id,
    reported_at as started_at,
    channel,
    topic,
    queue,
    agent_name as agent_id,
    responded_at as first_response_at,
    responded_at as first_human_response_at,
    handle_seconds,
    product
from tickets;

create view survey_responses as
select
    ticket_id as response_id,
    customer_id,
    survey_date as responded_at,
    'after_contact_csat' as instrument_id,
    score as answer,
    ticket_id as contact_id,
    agent_name as agent_id,
    channel,
    'after_contact' as touchpoint,
    product,
    remarks as comment
from tickets;

-- What the contract has no column for stays usable as an attribute of the customer.
create view ticket_attributes as
select
    customer_id,
    ticket_id,
    reported_at as valid_from,
    'agent_shift' as attribute,
    agent_shift as value
from tickets
union all
select
    customer_id,
    ticket_id,
    reported_at as valid_from,
    'agent_tenure' as attribute,
    tenure_bucket as value
from tickets;

create view customer_attributes as
select
    customer_id,
    attribute,
    any_value(value order by ticket_id) as value,
    valid_from
from ticket_attributes
where value is not null
group by customer_id, attribute, valid_from;

create view customer_signals as
select
    customer_id,
    'item_price' as signal,
    reported_at as occurred_at,
    max(item_price) as value
from tickets
where item_price is not null
group by customer_id, reported_at;
