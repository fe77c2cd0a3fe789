-- What is known of alerts changes with these.
select
    (select value from meta where key = 'alerts_until') as until,
    (select count(*) from alerts) as alerts;
