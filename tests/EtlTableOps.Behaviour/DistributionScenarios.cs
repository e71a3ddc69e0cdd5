using System.Globalization;
using EtlTableOps.Checks;
using EtlTableOps.Checks.Custom;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Shadows;

namespace EtlTableOps.Behaviour;

/// <summary>What a profile says of a column is what is in it, and drift is 0 for what is equal and large for what is not.</summary>
public abstract class DistributionScenarios : EngineScenarios
{
    private async Task<ShadowTestResult> ProfileAsync(string table = "allevents", DistributionRequest? request = null) =>
        await RunAsync(await Operations.TestAsync(new TestRequest(table) { Distribution = request ?? new DistributionRequest() }, Token));

    private static ColumnDrift Of(ShadowTestResult result, string column) => result.Distributions.Single(d => d.Column.Equals(column, StringComparison.OrdinalIgnoreCase));

    private static double Number(string? text) => double.Parse(text!, CultureInfo.InvariantCulture);

    [Fact]
    public async Task Known_rows_have_their_known_figures()
    {
        await World.ExecuteAsync("CREATE TABLE known (id integer NOT NULL PRIMARY KEY, n integer, price numeric(8,2), f double precision, word text, at timestamp, day date)");
        await World.ExecuteAsync("INSERT INTO known VALUES " + string.Join(", ", Enumerable.Range(1, 200).Select(i => string.Create(CultureInfo.InvariantCulture,
            $"({i}, {(i % 4 == 0 ? "NULL" : i % 10)}, {i}.25, {i}.5, {(i <= 150 ? "'often'" : i <= 190 ? "'now and then'" : "'once " + i + "'")}, '2026-01-01 00:{i / 60:00}:{i % 60:00}', '2026-02-{1 + (i % 28):00}')"))));
        await BuildAsync(Declared.Nothing, table: "known");
        var result = await ProfileAsync("known");
        Assert.True(result.Passed);
        Assert.Equal(7, result.Distributions.Count);
        Assert.NotEmpty(result.Distributions);
        foreach (var drift in result.Distributions)
        {
            Assert.Equal(0, drift.Drift);
            Assert.Equal(DriftLevel.None, drift.Level);
            Assert.Equal(0, drift.NullDifference);
            Assert.Equal((200, null), (drift.Shadow!.Rows, drift.Shadow.SampledRows));
            Assert.False(drift.Shadow.DistinctIsEstimate);
        }

        var n = Of(result, "n").Shadow!;
        Assert.Equal((ProfileKind.Number, 50, 0.25, 10L), (n.Kind, n.Nulls, n.NullFraction, n.Distinct));
        Assert.Equal((0, 9), (Number(n.Min), Number(n.Max)));
        // Of 150 values 20 each are odd digits, 10 each are even ones.
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], n.Quantiles.Select(q => q.Number));
        Assert.Equal(10 / 150.0, n.Quantiles[0].Part, 1e-9);
        Assert.Equal((10 / 150.0, 30 / 150.0), (n.Quantiles[1].Below, n.Quantiles[1].Part));
        Assert.Equal(1, n.Quantiles[^1].Part, 1e-9);
        Assert.Equal((20L, 20 / 150.0), (n.Top[0].Rows, n.Top[0].Part));
        Assert.True(n.TopIsAll);

        var price = Of(result, "price").Shadow!;
        Assert.Equal((ProfileKind.Number, 0L, 200L), (price.Kind, price.Nulls, price.Distinct));
        Assert.Equal((1.25, 200.25), (Number(price.Min), Number(price.Max)));
        Assert.Equal(100.25, price.Quantiles.First(q => q.Part >= 0.5).Number);
        Assert.Equal(20.5, Of(result, "f").Shadow!.Quantiles.First(q => q.Part >= 0.1).Number);

        var word = Of(result, "word").Shadow!;
        Assert.Equal((ProfileKind.Category, 12L, "now and then", "once 200"), (word.Kind, word.Distinct, word.Min, word.Max));
        Assert.Empty(word.Quantiles);
        Assert.Equal([new ValueCount("often", 150, 0.75), new ValueCount("now and then", 40, 0.2), new ValueCount("once 191", 1, 0.005)], word.Top.Take(3));
        Assert.Equal("top values", Of(result, "word").Measure);

        var at = Of(result, "at").Shadow!;
        Assert.Equal(ProfileKind.Time, at.Kind);
        Assert.StartsWith("2026-01-01 00:00:01", at.Min, StringComparison.Ordinal);
        Assert.Equal(new DateTimeOffset(2026, 1, 1, 0, 1, 40, TimeSpan.Zero).ToUnixTimeSeconds(), at.Quantiles.First(q => q.Part >= 0.5).Number, 0.01);
        Assert.Equal((ProfileKind.Time, 28L), (Of(result, "day").Shadow!.Kind, Of(result, "day").Shadow!.Distinct));
    }

    [Fact]
    public async Task What_shifts_drifts_and_what_does_not_does_not()
    {
        await EventsTable.CreateAsync(World, 400);
        await BuildAsync(new DeclaredChange
        {
            Set = [new SetColumn("user_id", "user_id + 50"), new SetColumn("kind", "'bought'"), new SetColumn("amount", "CASE WHEN event_id > 200 THEN amount END")],
        });
        var result = await ProfileAsync();
        Assert.True(result.Passed);
        Assert.All(["user_id", "kind", "amount"], c => Assert.Equal(DriftLevel.Alarm, Of(result, c).Level));
        Assert.All(["event_id", "event_ts", "country", "payload"], c => Assert.Equal(0, Of(result, c).Drift));
        Assert.Equal(0.4, Of(result, "amount").NullDifference!.Value, 0.01);
        Assert.Equal(("quantiles", "top values"), (Of(result, "user_id").Measure, Of(result, "kind").Measure));
    }

    [Fact]
    public async Task A_column_is_compared_with_itself_whatever_was_made_of_it()
    {
        await World.ExecuteAsync("CREATE TABLE things (id integer NOT NULL PRIMARY KEY, code text, size integer, gone integer)");
        await World.ExecuteAsync("INSERT INTO things VALUES " + string.Join(", ", Enumerable.Range(1, 120).Select(i => $"({i}, '{i % 5}', {i % 7}, {i})")));
        await BuildAsync(new DeclaredChange { Add = [new AddedColumn("fresh", "integer", "size + 1")], Drop = ["gone"], Alter = [new AlteredColumn("code", "integer")], Set = [new SetColumn("size", "size * 100")] }, table: "things");
        var result = await ProfileAsync("things");
        Assert.True(result.Passed);
        Assert.Equal(["id", "code", "size", "gone", "fresh"], result.Distributions.Select(d => d.Column.ToLowerInvariant()));
        var (code, gone, fresh) = (Of(result, "code"), Of(result, "gone"), Of(result, "fresh"));
        Assert.Equal((ProfileKind.Category, ProfileKind.Number, "top values"), (code.Live!.Kind, code.Shadow!.Kind, code.Measure));
        Assert.Equal(0, code.Drift);
        Assert.Equal(DriftLevel.Alarm, Of(result, "size").Level);
        Assert.Null(gone.Shadow);
        Assert.Equal(120, gone.Live!.Distinct);
        Assert.Null(fresh.Live);
        Assert.Equal(7, fresh.Shadow!.Distinct);
        Assert.All([gone, fresh], d => Assert.Equal((null, null, DriftLevel.None), (d.Drift, d.NullDifference, d.Level)));
    }

    [Fact]
    public async Task No_rows_and_no_values_have_a_profile_too()
    {
        await World.ExecuteAsync("CREATE TABLE hollow (id integer NOT NULL PRIMARY KEY, n integer, word text, at timestamp)");
        await BuildAsync(Declared.Nothing, table: "hollow");
        var empty = await ProfileAsync("hollow");
        Assert.All(empty.Distributions, d => Assert.Equal((0, 0L, 0d, 0L, null), (d.Drift, d.Shadow!.Rows, d.Shadow.NullFraction, d.Shadow.Distinct, d.Shadow.Min)));
        Assert.All(empty.Distributions, d => Assert.Empty(d.Shadow!.Quantiles));
        await RemoveShadowAsync("hollow");

        await World.ExecuteAsync("INSERT INTO hollow (id) VALUES (1), (2), (3)");
        await BuildAsync(new DeclaredChange { Set = [new SetColumn("n", "7")] }, table: "hollow");
        var nulls = await ProfileAsync("hollow");
        Assert.Equal((1d, 0L, null, 0d), (Of(nulls, "word").Shadow!.NullFraction, Of(nulls, "word").Shadow!.Distinct, Of(nulls, "at").Shadow!.Max, Of(nulls, "at").Drift!.Value));
        Assert.Equal((DriftLevel.Alarm, -1d), (Of(nulls, "n").Level, Of(nulls, "n").NullDifference!.Value));
        await RemoveShadowAsync("hollow");

        await BuildAsync(new DeclaredChange { Where = "id < 0" }, table: "hollow");
        var gone = await ProfileAsync("hollow");
        Assert.Equal(DriftLevel.Alarm, Of(gone, "id").Level);
    }

    [Fact]
    public async Task Odd_names_and_values_are_counted_like_any_other()
    {
        await World.ExecuteAsync("CREATE TABLE \"odd \"\"table\" (\"select\" integer NOT NULL PRIMARY KEY, \"a\"\"b\" text, \"c, d\" integer)");
        var longest = new string('ä', ColumnProfile.LongestText);
        string[] words = ["''", "' '", "'A'", "'a'", "'O''Brien'", "'🐦'", "'NULL'", $"'{longest}'", $"'{longest}1'", $"'{longest}2'", $"'{longest}2'"];
        await World.ExecuteAsync("INSERT INTO \"odd \"\"table\" VALUES " + string.Join(", ", words.Select((w, i) => $"({i}, {w}, {i % 2})")));
        await BuildAsync(Declared.Nothing, table: "\"odd \"\"table\"");
        var result = await ProfileAsync("\"odd \"\"table\"");
        Assert.Equal(["select", "a\"b", "c, d"], result.Distributions.Select(d => d.Column));
        Assert.All(result.Distributions, d => Assert.Equal(0, d.Drift));
        var word = Of(result, "a\"b").Shadow!;
        Assert.Equal((10L, ""), (word.Distinct, word.Min));
        Assert.Equal("🐦", word.Max);
        Assert.Equal(2, word.Top[0].Rows);
        Assert.StartsWith(longest + "…", word.Top[0].Value, StringComparison.Ordinal);
        Assert.Equal(10, word.Top.Select(t => t.Value).Distinct().Count());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_sample_says_so_and_equal_rows_still_do_not_drift(bool key)
    {
        await World.ExecuteAsync($"CREATE TABLE many (id integer NOT NULL{(key ? " PRIMARY KEY" : "")}, n integer, word text)");
        foreach (var chunk in Enumerable.Range(1, 4000).Chunk(1000))
            await World.ExecuteAsync("INSERT INTO many VALUES " + string.Join(", ", chunk.Select(i => $"({i}, {(i == 17 ? "NULL" : i * 7919 % 4001)}, 'w{i % 3}')")));
        await BuildAsync(Declared.Nothing, table: "many");
        var result = await ProfileAsync("many", new DistributionRequest { SampleRows = 800 });
        if (!key && !World.SamplesWithoutKey)
        {
            Assert.All(result.Distributions, d => Assert.Equal((null, false, 0), (d.Shadow!.SampledRows, d.Shadow.DistinctIsEstimate, d.Drift)));
            return;
        }
        foreach (var drift in result.Distributions)
        {
            var shadow = drift.Shadow!;
            Assert.InRange(shadow.SampledRows!.Value, 600, 1000);
            Assert.Equal(4000, shadow.Rows);
            Assert.True(shadow.DistinctIsEstimate);
            if (key) Assert.Equal((0, drift.Live!.SampledRows), (drift.Drift!.Value, shadow.SampledRows));
            else Assert.InRange(drift.Drift!.Value, 0, DriftMeasure.Watch);
        }
        var n = Of(result, "n").Shadow!;
        Assert.Equal((1L, 1d, 4000d), (n.Nulls, Number(n.Min), Number(n.Max)));
        Assert.InRange(n.Distinct!.Value, 3800, 4000);
        Assert.Equal(3, Of(result, "word").Shadow!.Distinct);
        Assert.Equal(2000, n.Quantiles.First(q => q.Part >= 0.5).Number, 300.0);

        var again = await ProfileAsync("many", new DistributionRequest { SampleRows = 800 });
        Assert.Equal(n.Quantiles, Of(again, "n").Shadow!.Quantiles);
    }

    [Fact]
    public async Task The_next_release_is_held_against_the_last_one()
    {
        await EventsTable.CreateAsync(World, 300);
        await BuildAsync(new DeclaredChange { Set = [new SetColumn("user_id", "user_id + 500")] });
        var against = new DistributionRequest { Against = DistributionBase.Last };
        var none = await FailsAsync(ErrorCode.BadInput, () => ProfileAsync(request: against));
        Assert.Contains("allevents", none.Message, StringComparison.OrdinalIgnoreCase);
        var first = await ProfileAsync();
        await SwitchAsync();

        await BuildAsync(new DeclaredChange { Set = [new SetColumn("kind", "'bought'")], Add = [new AddedColumn("fresh", "integer", "1")] });
        var second = await ProfileAsync(request: against);
        Assert.All(second.Distributions, d => Assert.Contains(first.SwapId, d.Against, StringComparison.Ordinal));
        Assert.Equal(0, Of(second, "user_id").Drift!.Value, 1e-3);
        Assert.Equal(DriftLevel.Alarm, Of(second, "kind").Level);
        Assert.Null(Of(second, "fresh").Live);
        var (was, kept) = (Of(first, "user_id").Shadow!, Of(second, "user_id").Live!);
        Assert.Equal((was.Rows, was.Nulls, was.Distinct, was.Min, was.Max), (kept.Rows, kept.Nulls, kept.Distinct, kept.Min, kept.Max));
        Assert.InRange(kept.Quantiles.Count, 10, 22);

        // The live table changed since, and so did the last release's successor: each is held against what was asked for.
        await World.ExecuteAsync("UPDATE allevents SET user_id = user_id - 500");
        await BuildAsync(Declared.Nothing, r => r with { Force = true });
        Assert.Equal(DriftLevel.Alarm, Of(await ProfileAsync(request: against), "user_id").Level);
        Assert.Equal(0, Of(await ProfileAsync(), "user_id").Drift);
    }

    [Fact]
    public async Task Changes_that_are_still_to_be_brought_over_are_no_drift()
    {
        await EventsTable.CreateAsync(World, 200);
        await BuildAsync(Declared.Nothing);
        await World.ExecuteAsync("UPDATE allevents SET kind = 'other', amount = 5000 WHERE event_id <= 100");
        await World.ExecuteAsync("DELETE FROM allevents WHERE event_id = 150");
        var behind = await ProfileAsync();
        Assert.True(behind.Passed);
        Assert.All(behind.Distributions, d => Assert.Equal((0, d.Live!.Rows), (d.Drift!.Value, d.Shadow!.Rows)));
        var check = await RunAsync(await Operations.TestAsync(new TestRequest("allevents") { Checks = [CheckFile.ReadOne("distribution(kind)"), CheckFile.ReadOne("distribution(amount)")] }, Token));
        Assert.True(check.Passed, string.Join(Environment.NewLine, check.Checks.Where(c => !c.Passed).Select(c => $"{c.Name}: {c.Message}")));
        Assert.Equal(2, check.Checks.Count(c => c is { Custom: true, Warned: false }));
        await SyncAsync();
        var level = await ProfileAsync();
        Assert.All(level.Distributions, d => Assert.Equal((0, 199L, 199L), (d.Drift!.Value, d.Live!.Rows, d.Shadow!.Rows)));
        Assert.Equal("other", Of(level, "kind").Shadow!.Top[0].Value);
    }

    [Fact]
    public async Task Only_the_columns_that_were_asked_for_are_read()
    {
        await EventsTable.CreateAsync(World, 50);
        await BuildAsync(Declared.Twice);
        var result = await ProfileAsync(request: new DistributionRequest { Columns = ["KIND", "twice"] });
        Assert.Equal(["kind", "twice"], result.Distributions.Select(d => d.Column.ToLowerInvariant()));
        await FailsAsync(ErrorCode.ColumnNotFound, () => ProfileAsync(request: new DistributionRequest { Columns = ["nowhere"] }));
        Assert.Empty((await ProveAsync()).Distributions);
    }
}
