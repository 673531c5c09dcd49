DROP TRIGGER counted_in_open_period_insert ON sales_order;
DROP TRIGGER counted_in_open_period_update ON sales_order;
DROP TRIGGER counted_in_open_period_delete ON sales_order;
DROP TRIGGER counted_in_open_period_insert ON sales_return;
DROP TRIGGER counted_in_open_period_update ON sales_return;
DROP TRIGGER counted_in_open_period_delete ON sales_return;
DROP FUNCTION compensation_guard_counted();
