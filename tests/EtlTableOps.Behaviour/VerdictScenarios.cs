using EtlTableOps.Shadows;

namespace EtlTableOps.Behaviour;

/// <summary>What a verdict says besides yes and no: which state it speaks of, what was declared and found of each column, which statements read the rows.</summary>
public abstract class VerdictScenarios : EngineScenarios
{
    [Fact]
    [Trait("Promise", "4")]
    public async Task A_verdict_names_the_state_that_it_speaks_of_and_the_statements_that_read_it()
    {
        await EventsTable.CreateAsync(World, 30);
        await BuildAsync(Declared.Twice);
        var result = await ProveAsync();
        Assert.Contains(DateTime.UtcNow.Year.ToString(System.Globalization.CultureInfo.InvariantCulture), result.Snapshot, StringComparison.Ordinal);
        Assert.Contains("UTC", result.Snapshot, StringComparison.Ordinal);
        Assert.Single(result.Statements, s => World.IsScan(s) && s.Contains("llevents", StringComparison.OrdinalIgnoreCase) && !s.Contains("llevents_new", StringComparison.OrdinalIgnoreCase));
        Assert.Single(result.Statements, s => World.IsScan(s) && s.Contains("llevents_new", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    [Trait("Promise", "4")]
    public async Task A_verdict_tells_of_each_column_that_is_not_as_it_was_what_was_declared_and_what_is_there()
    {
        await EventsTable.CreateAsync(World, 30);
        await BuildAsync(new DeclaredChange
        {
            Add = [new AddedColumn("twice", "integer", "user_id * 2")],
            Drop = ["payload"],
            Set = [new SetColumn("kind", "upper(kind)")],
        });
        var result = await ProveAsync();
        Assert.Equal(["kind", "payload", "twice"], result.Structure.Select(d => d.Name.ToLowerInvariant()).Order(StringComparer.Ordinal));
        Assert.All(result.Structure, d => Assert.True(d.AsDeclared, $"{d}"));
        var added = Of(result, "twice");
        Assert.Null(added.Live);
        Assert.Contains("user_id * 2", added.Declared, StringComparison.Ordinal);
        Assert.NotNull(added.Shadow);
        var dropped = Of(result, "payload");
        Assert.NotNull(dropped.Live);
        Assert.Null(dropped.Declared);
        Assert.Null(dropped.Shadow);
        Assert.Contains("upper(kind)", Of(result, "kind").Declared, StringComparison.Ordinal);
        Assert.Contains("NOT NULL", Of(result, "kind").Shadow, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Promise", "4")]
    public async Task A_column_that_nobody_declared_is_told_as_such()
    {
        await EventsTable.CreateAsync(World, 30);
        await BuildAsync(Declared.Twice);
        await World.ExecuteAsync("ALTER TABLE allevents_new ADD COLUMN sneaked_in integer");
        var result = await TestAsync();
        Assert.False(result.Passed);
        var extra = Of(result, "sneaked_in");
        Assert.False(extra.AsDeclared);
        Assert.Null(extra.Declared);
        Assert.Null(extra.Live);
        Assert.NotNull(extra.Shadow);
        Assert.DoesNotContain(result.Structure, d => d.Name.Equals("kind", StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Indexes, and what was put on the shadow: what goes with its column is declared, all else is beyond it.</summary>
    protected async Task TellOfIndexesAndDependentsAsync()
    {
        await EventsTable.CreateAsync(World, 30);
        await World.ExecuteAsync("CREATE INDEX ix_payload ON allevents (payload)");
        await World.ExecuteAsync("CREATE INDEX ix_stays ON allevents (kind)");
        await BuildAsync(new DeclaredChange { Drop = ["payload"] });
        var proven = await ProveAsync();
        Assert.Equal(["payload", "ix_payload"], proven.Structure.Select(d => d.Name));
        var dropped = Of(proven, "ix_payload");
        Assert.Equal(("index", null, null, true), (dropped.Kind, dropped.Declared, dropped.Shadow, dropped.AsDeclared));
        Assert.Contains("payload", dropped.Live, StringComparison.Ordinal);

        await World.ExecuteAsync("CREATE INDEX ix_more ON allevents_new (user_id)");
        await World.ExecuteAsync("CREATE VIEW sees_shadow AS SELECT kind FROM allevents_new");
        var altered = await TestAsync();
        Assert.False(altered.Passed);
        var beyond = altered.Structure.Where(d => !d.AsDeclared).ToList();
        Assert.Equal(["index", "view"], beyond.Select(d => d.Kind));
        Assert.Equal("ix_more", beyond[0].Name);
        Assert.EndsWith("sees_shadow", beyond[1].Name, StringComparison.Ordinal);
        Assert.All(beyond, d => Assert.True(d is { Live: null, Declared: null, Shadow.Length: > 0 }, $"{d}"));
        Assert.DoesNotContain(altered.Structure, d => d.Name == "ix_stays");
    }

    private static StructureDifference Of(ShadowTestResult result, string column) => Assert.Single(result.Structure, d => d.Name.Equals(column, StringComparison.OrdinalIgnoreCase));
}
