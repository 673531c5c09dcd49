DROP TRIGGER run_moves ON compensation_run;
DROP FUNCTION compensation_guard_run_moves();
DROP TRIGGER period_moves ON compensation_period;
DROP FUNCTION compensation_guard_period_moves();
ALTER TABLE compensation_period DROP CONSTRAINT period_no_overlap;
