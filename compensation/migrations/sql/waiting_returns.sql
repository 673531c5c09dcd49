-- Returns that count after their order's month wait for a reversal. They are kept in a list of their
-- own, so that looking for them does not mean looking at all that were ever netted or reversed.
-- Once a statement: an import pays no toll per row. The application role may only read the list.
CREATE FUNCTION compensation_note_waiting_returns() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- Neither the line of a return nor when its order and itself count ever changes.
    INSERT INTO public.compensation_waitingreturn (return_id, period_id)
    SELECT r.id, p.id FROM new_rows r
    JOIN public.sales_orderline l ON l.id = r.line_id
    JOIN public.sales_order o ON o.id = l.order_id
    JOIN public.compensation_period p ON o.counted_at >= p.starts_at AND o.counted_at < p.ends_at
    WHERE r.counted_at >= p.ends_at
    AND NOT EXISTS (SELECT FROM public.compensation_reversal v WHERE v.return_id = r.id)
    ON CONFLICT (return_id) DO NOTHING;
    RETURN NULL;
END $$;

CREATE FUNCTION compensation_forget_waiting_returns() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM public.compensation_waitingreturn w USING new_rows v
    WHERE w.return_id = v.return_id;
    RETURN NULL;
END $$;

CREATE TRIGGER waits_for_reversal_insert AFTER INSERT ON sales_return
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION compensation_note_waiting_returns();
CREATE TRIGGER waits_for_reversal_update AFTER UPDATE ON sales_return
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION compensation_note_waiting_returns();
CREATE TRIGGER waits_no_longer AFTER INSERT ON compensation_reversal
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION compensation_forget_waiting_returns();
ALTER TABLE sales_return ENABLE ALWAYS TRIGGER waits_for_reversal_insert;
ALTER TABLE sales_return ENABLE ALWAYS TRIGGER waits_for_reversal_update;
ALTER TABLE compensation_reversal ENABLE ALWAYS TRIGGER waits_no_longer;

-- What waits already.
INSERT INTO compensation_waitingreturn (return_id, period_id)
SELECT r.id, p.id FROM sales_return r
JOIN sales_orderline l ON l.id = r.line_id
JOIN sales_order o ON o.id = l.order_id
JOIN compensation_period p ON o.counted_at >= p.starts_at AND o.counted_at < p.ends_at
WHERE r.counted_at >= p.ends_at
AND NOT EXISTS (SELECT FROM compensation_reversal v WHERE v.return_id = r.id);
