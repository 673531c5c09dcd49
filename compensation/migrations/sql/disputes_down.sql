DROP TRIGGER append_only ON compensation_disputeevent;
DROP TRIGGER kept ON compensation_dispute;
DROP TRIGGER dispute_noted ON compensation_dispute;
DROP TRIGGER dispute_moves ON compensation_dispute;
DROP FUNCTION compensation_note_dispute();
DROP FUNCTION compensation_guard_dispute();
