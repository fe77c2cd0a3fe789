-- As in sql/schema.sql. The store is of an older version then and is loaded again, which fills it.
create table drawn (like posts including defaults);
create unique index drawn_position on drawn (position);
create index drawn_minute on drawn (minute);
