DROP TRIGGER run_approval ON compensation_run;
DROP TRIGGER acknowledged_in_time ON compensation_acknowledgement;
DROP TRIGGER append_only ON compensation_acknowledgement;
DROP TRIGGER finding_of_a_running_close ON compensation_finding;
DROP TRIGGER append_only ON compensation_finding;
DROP FUNCTION compensation_guard_approval();
DROP FUNCTION compensation_guard_acknowledgement();
DROP FUNCTION compensation_guard_findings();
