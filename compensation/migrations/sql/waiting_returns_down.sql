DROP TRIGGER waits_no_longer ON compensation_reversal;
DROP TRIGGER waits_for_reversal_update ON sales_return;
DROP TRIGGER waits_for_reversal_insert ON sales_return;
DROP FUNCTION compensation_forget_waiting_returns();
DROP FUNCTION compensation_note_waiting_returns();
