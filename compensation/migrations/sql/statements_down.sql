DROP TRIGGER append_only ON compensation_statementframe;
DROP TRIGGER kept ON compensation_statementname;
DROP TRIGGER only_erased ON compensation_statementname;
DROP TRIGGER before_papers ON compensation_statementname;
DROP FUNCTION compensation_guard_statement_erasure();
DROP FUNCTION compensation_guard_statement_names();
