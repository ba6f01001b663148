\set seq :seq + 1
\set writer :first + :client_id
insert into lifeboat.commits (writer, seq, note) values (:writer, :seq, :note) returning pg_current_wal_insert_lsn();
