using EtlTableOps.Behaviour;

namespace EtlTableOps.Sqlite.Tests.Behaviour;

public sealed class SqliteWholeJobTests : WholeJobScenarios
{
    protected override EngineWorld NewWorld() => new SqliteWorld();
}

public sealed class SqliteDeclaredChangeTests : DeclaredChangeScenarios
{
    protected override EngineWorld NewWorld() => new SqliteWorld();
}

public sealed class SqliteImportTests : ImportScenarios
{
    protected override EngineWorld NewWorld() => new SqliteWorld();
}

public sealed class SqliteProofTests : ProofScenarios
{
    protected override EngineWorld NewWorld() => new SqliteWorld();
}

public sealed class SqliteVerdictTests : VerdictScenarios
{
    protected override EngineWorld NewWorld() => new SqliteWorld();
}

public sealed class SqliteCheckTests : CheckScenarios
{
    protected override EngineWorld NewWorld() => new SqliteWorld();
}

public sealed class SqliteCompareTests : CompareScenarios
{
    protected override EngineWorld NewWorld() => new SqliteWorld();
}

public sealed class SqliteUndoTests : UndoScenarios
{
    protected override EngineWorld NewWorld() => new SqliteWorld();
}

public sealed class SqliteDependentTests : DependentScenarios
{
    protected override EngineWorld NewWorld() => new SqliteWorld();
}

public sealed class SqliteLaterRowsTests : LaterRowsScenarios
{
    protected override EngineWorld NewWorld() => new SqliteWorld();
}

public sealed class SqliteConsumerTests : ConsumerScenarios
{
    protected override EngineWorld NewWorld() => new SqliteWorld();
}

public sealed class SqliteInterruptionTests : InterruptionScenarios
{
    protected override EngineWorld NewWorld() => new SqliteWorld();
}

public sealed class SqliteConcurrencyTests : ConcurrencyScenarios
{
    protected override EngineWorld NewWorld() => new SqliteWorld();
}

public sealed class SqliteNameTests : NameScenarios
{
    protected override EngineWorld NewWorld() => new SqliteWorld();
}

public sealed class SqliteShapeTests : ShapeScenarios
{
    protected override EngineWorld NewWorld() => new SqliteWorld();
}

public sealed class SqliteWhatIfTests : WhatIfScenarios
{
    protected override EngineWorld NewWorld() => new SqliteWorld();
}

public sealed class SqliteColumnFeedTests : ColumnFeedScenarios
{
    protected override EngineWorld NewWorld() => new SqliteWorld();
}

public sealed class SqliteSyncTests : SyncScenarios
{
    protected override EngineWorld NewWorld() => new SqliteWorld();
}

public sealed class SqliteLedgerTests : LedgerScenarios
{
    protected override EngineWorld NewWorld() => new SqliteWorld();
}

public sealed class SqliteLoadTests : LoadScenarios
{
    protected override EngineWorld NewWorld() => new SqliteWorld();

    /// <summary>One writer at a time, and the disk has to write for each commit.</summary>
    protected override int Writes => 5;
}

public sealed class SqliteDistributionTests : DistributionScenarios
{
    protected override EngineWorld NewWorld() => new SqliteWorld();
}
