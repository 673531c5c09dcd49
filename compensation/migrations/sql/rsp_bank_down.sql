DROP TRIGGER append_only ON compensation_rspconversion;
DROP TRIGGER bank_check ON compensation_rspconversion;
DROP FUNCTION compensation_check_conversions();
