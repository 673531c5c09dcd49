DROP TRIGGER kept ON compensation_adjustment;
DROP TRIGGER adjustment_moves ON compensation_adjustment;
DROP FUNCTION compensation_guard_adjustment();
DROP TRIGGER append_only ON compensation_batch;
ALTER TABLE compensation_batch DROP CONSTRAINT batch_digests_whole;
DROP FUNCTION compensation_rebuild_balances();
DROP FUNCTION compensation_seal(xid8, bigint, bigint);
DROP FUNCTION compensation_keep_balances(xid8, bigint, bigint);
DROP FUNCTION compensation_rows_digest(xid8, bigint, bigint);
