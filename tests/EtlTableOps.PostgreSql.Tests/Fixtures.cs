using EtlTableOps.Testing;

[assembly: AssemblyFixture(typeof(PostgreSqlCluster))]
