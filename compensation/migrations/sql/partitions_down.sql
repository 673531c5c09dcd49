DROP FUNCTION compensation_drop_partitions(bigint);
DROP FUNCTION compensation_attach_partitions(bigint, bigint);
DROP FUNCTION compensation_build_partitions(bigint, bigint);
DROP TABLE compensation_earning;
DROP TABLE compensation_memberresult;
