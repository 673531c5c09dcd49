DROP FUNCTION compensation_analyze_partitions(bigint);
