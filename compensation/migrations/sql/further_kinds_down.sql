DROP TRIGGER append_only ON compensation_couponentry;
DROP TRIGGER kept ON compensation_rankoverride;
DROP TRIGGER override_stands ON compensation_rankoverride;
DROP FUNCTION compensation_guard_override();
ALTER TABLE compensation_rankoverride
    DROP CONSTRAINT rankoverride_one_upper_bound,
    DROP CONSTRAINT rankoverride_one_lower_bound,
    DROP CONSTRAINT rankoverride_days_in_order;
DROP TABLE compensation_carried;
ALTER TABLE compensation_memberresult
    DROP COLUMN grace_used,
    DROP COLUMN retail_customers,
    DROP COLUMN figures,
    DROP COLUMN rsp_base;
