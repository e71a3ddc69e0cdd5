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
}

public sealed class SnowflakeCompareTests : CompareScenarios
{
    protected override EngineWorld NewWorld() => new SnowflakeWorld();
}

public sealed class SnowflakeVerdictTests : VerdictScenarios
{
    protected override EngineWorld NewWorld() => new SnowflakeWorld();
}

public sealed class SnowflakeCheckTests : CheckScenarios
{
    protected override EngineWorld NewWorld() => new SnowflakeWorld();
}

public sealed class SnowflakeUndoTests : UndoScenarios
{
    protected override EngineWorld NewWorld() => new SnowflakeWorld();
}

public sealed class SnowflakeConcurrencyTests : ConcurrencyScenarios
{
    protected override EngineWorld NewWorld() => new SnowflakeWorld(served: true);
}

public sealed class SnowflakeNameTests : NameScenarios
{
    protected override EngineWorld NewWorld() => new SnowflakeWorld();
}

public sealed class SnowflakeWhatIfTests : WhatIfScenarios
{
    protected override EngineWorld NewWorld() => new SnowflakeWorld();
}

public sealed class SnowflakeInterruptionTests : InterruptionScenarios
{
    protected override EngineWorld NewWorld() => new SnowflakeWorld(served: true);
}

public sealed class SnowflakeDriverTests
{
    [Fact]
    public void The_shared_scenarios_run_over_the_official_driver()
    {
        Assert.SkipUnless(SnowflakeWorld.OfficialDriver is not null, "ETLTABLEOPS_SNOWFLAKE_DRIVER names no driver of Snowflake's: the scenarios ran over a connection of the tests' own.");
        Assert.Equal("Snowflake.Data", SnowflakeDriver.Load(SnowflakeWorld.OfficialDriver, "").GetType().Assembly.GetName().Name);
    }
}

public sealed class SnowflakeSyncTests : SyncScenarios
{
    protected override EngineWorld NewWorld() => new SnowflakeWorld();
}

public sealed class SnowflakeDistributionTests : DistributionScenarios
{
    protected override EngineWorld NewWorld() => new SnowflakeWorld();
}
