using EtlTableOps.Behaviour;
using EtlTableOps.Testing;

namespace EtlTableOps.PostgreSql.Tests.Behaviour;

public sealed class PostgreSqlWholeJobTests(PostgreSqlCluster cluster) : WholeJobScenarios
{
    protected override EngineWorld NewWorld() => new PostgreSqlWorld(cluster);
}

public sealed class PostgreSqlDeclaredChangeTests(PostgreSqlCluster cluster) : DeclaredChangeScenarios
{
    protected override EngineWorld NewWorld() => new PostgreSqlWorld(cluster);
}

public sealed class PostgreSqlImportTests(PostgreSqlCluster cluster) : ImportScenarios
{
    protected override EngineWorld NewWorld() => new PostgreSqlWorld(cluster);
}

public sealed class PostgreSqlProofTests(PostgreSqlCluster cluster) : ProofScenarios
{
    protected override EngineWorld NewWorld() => new PostgreSqlWorld(cluster);
}

public sealed class PostgreSqlUndoTests(PostgreSqlCluster cluster) : UndoScenarios
{
    protected override EngineWorld NewWorld() => new PostgreSqlWorld(cluster);
}

public sealed class PostgreSqlDependentTests(PostgreSqlCluster cluster) : DependentScenarios
{
    protected override EngineWorld NewWorld() => new PostgreSqlWorld(cluster);
}

public sealed class PostgreSqlLaterRowsTests(PostgreSqlCluster cluster) : LaterRowsScenarios
{
    protected override EngineWorld NewWorld() => new PostgreSqlWorld(cluster);
}

public sealed class PostgreSqlConsumerTests(PostgreSqlCluster cluster) : ConsumerScenarios
{
    protected override EngineWorld NewWorld() => new PostgreSqlWorld(cluster);
}

public sealed class PostgreSqlInterruptionTests(PostgreSqlCluster cluster) : InterruptionScenarios
{
    protected override EngineWorld NewWorld() => new PostgreSqlWorld(cluster);
}

public sealed class PostgreSqlConcurrencyTests(PostgreSqlCluster cluster) : ConcurrencyScenarios
{
    protected override EngineWorld NewWorld() => new PostgreSqlWorld(cluster);
}

public sealed class PostgreSqlNameTests(PostgreSqlCluster cluster) : NameScenarios
{
    protected override EngineWorld NewWorld() => new PostgreSqlWorld(cluster);
}

public sealed class PostgreSqlShapeTests(PostgreSqlCluster cluster) : ShapeScenarios
{
    protected override EngineWorld NewWorld() => new PostgreSqlWorld(cluster);
}

public sealed class PostgreSqlWhatIfTests(PostgreSqlCluster cluster) : WhatIfScenarios
{
    protected override EngineWorld NewWorld() => new PostgreSqlWorld(cluster);
}

public sealed class PostgreSqlColumnFeedTests(PostgreSqlCluster cluster) : ColumnFeedScenarios
{
    protected override EngineWorld NewWorld() => new PostgreSqlWorld(cluster);
}

public sealed class PostgreSqlSyncTests(PostgreSqlCluster cluster) : SyncScenarios
{
    protected override EngineWorld NewWorld() => new PostgreSqlWorld(cluster);
}
