using EtlTableOps.Behaviour;

namespace EtlTableOps.Snowflake.Tests.Behaviour;

public sealed class SnowflakeWholeJobTests : WholeJobScenarios
{
    protected override EngineWorld NewWorld() => new SnowflakeWorld();
}

public sealed class SnowflakeDeclaredChangeTests : DeclaredChangeScenarios
{
    protected override EngineWorld NewWorld() => new SnowflakeWorld();
}

public sealed class SnowflakeImportTests : ImportScenarios
{
    protected override EngineWorld NewWorld() => new SnowflakeWorld();
}

public sealed class SnowflakeProofTests : ProofScenarios
{
    protected override EngineWorld NewWorld() => new SnowflakeWorld();

    protected override string EmptyStatement(string table) => $"TRUNCATE TABLE {table}";
}

public sealed class SnowflakeUndoTests : UndoScenarios
{
    protected override EngineWorld NewWorld() => new SnowflakeWorld();
}

public sealed class SnowflakeConcurrencyTests : ConcurrencyScenarios
{
    protected override EngineWorld NewWorld() => new SnowflakeWorld();
}

public sealed class SnowflakeNameTests : NameScenarios
{
    protected override EngineWorld NewWorld() => new SnowflakeWorld();
}

public sealed class SnowflakeWhatIfTests : WhatIfScenarios
{
    protected override EngineWorld NewWorld() => new SnowflakeWorld();
}
