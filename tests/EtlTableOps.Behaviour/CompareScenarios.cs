using EtlTableOps.Checks;
using EtlTableOps.Errors;

namespace EtlTableOps.Behaviour;

/// <summary>Two tables are compared row by row: whatever differs is found and named, and nothing else.</summary>
public abstract class CompareScenarios : EngineScenarios
{
    /// <summary>Every kind of fault, alone in its table.</summary>
    public static TheoryData<string> FaultKinds => new(CompareFaults.Kinds);

    [Fact]
    public async Task Equal_tables_are_equal()
    {
        await CompareFaults.CreateAsync(World, 500);
        var before = await World.EverythingAsync();
        var found = await CompareAsync("people", "people_copy");
        Assert.True(found.Equal, found.Verdict);
        Assert.Equal((500, 500, 0), (found.ExpectedRows, found.ActualRows, found.Rows.Count));
        Assert.Single(found.Key);
        Assert.Contains("7 columns", found.Verdict, StringComparison.Ordinal);
        Assert.NotEmpty(found.Snapshot);
        Assert.Equal(before, await World.EverythingAsync());
    }

    [Theory]
    [MemberData(nameof(FaultKinds))]
    public async Task A_fault_is_found_and_named_though_it_is_the_only_one(string kind)
    {
        await CompareFaults.CreateAsync(World, 300);
        var fault = await CompareFaults.SeedAsync(World, kind, 140);
        var found = await CompareAsync("people", "people_copy");
        Assert.Empty(fault.Unseen(found));
        Assert.Equal(fault.Shows.Select(s => (s.Kind, s.Id)).Distinct().Count(), found.Total);
        Assert.True(found.Complete, found.EndedBy);
    }

    [Fact]
    public async Task A_hundred_of_a_hundred_faults_are_found_and_named()
    {
        const int faults = 100;
        await CompareFaults.CreateAsync(World, 4000);
        var seeded = new List<Fault>();
        for (var i = 0; i < faults; i++) seeded.Add(await CompareFaults.SeedAsync(World, CompareFaults.Kinds[i % CompareFaults.Kinds.Count], 10 + (i * 37)));
        var found = await CompareAsync("people", "people_copy", r => r with { MaxDifferences = 1000 });
        Assert.Empty(seeded.SelectMany(f => f.Unseen(found)));
        // And nothing beyond them.
        Assert.Equal(seeded.SelectMany(f => f.Shows).Select(s => (s.Kind, s.Id)).Distinct().Count(), found.Total);
        Assert.Equal(found.Total, found.Rows.Count);
        Assert.Equal(seeded.SelectMany(f => f.Shows).Count(s => s.Column == "amount"), found.ChangedByColumn.Single(c => c.Key.Equals("amount", StringComparison.OrdinalIgnoreCase)).Value);
    }

    [Fact]
    public async Task Changed_values_are_shown_as_they_were_and_are()
    {
        await CompareFaults.CreateAsync(World, 20);
        await World.ExecuteAsync("UPDATE people_copy SET amount = 99.99, note = NULL WHERE id = 5");
        var found = await CompareAsync("people", "people_copy");
        var row = Assert.Single(found.Rows);
        Assert.Equal("5", Assert.Single(row.Key).Value);
        Assert.Equal(["5.25", "note 5"], row.Values.Select(v => v.Expected));
        Assert.Equal(["99.99", null], row.Values.Select(v => v.Actual));
        Assert.Contains("5.25 → 99.99", row.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_few_differing_rows_are_named_without_a_third_look_at_the_tables()
    {
        await CompareFaults.CreateAsync(World, 300);
        await World.ExecuteAsync("UPDATE people_copy SET note = 'other' WHERE id = 10");
        foreach (var key in new[] { "id", "event_ts" })
        {
            Told.Clear();
            var found = await CompareAsync("people", "people_copy", r => r with { Key = [key] });
            Assert.Equal("other", Assert.Single(Assert.Single(found.Rows).Values).Actual);
            // The sums and the rows of each side; the ends of an index are no look at the table.
            Assert.Equal(4, Told.Statements.Count(s => !s.Contains("SELECT min(", StringComparison.Ordinal) && !s.Contains("SELECT max(", StringComparison.Ordinal)));
        }
    }

    /// <summary>A view, on either side: by the key of the table on the other one, by one that is given, or by whole rows.</summary>
    protected async Task CompareViewsAsync()
    {
        await CompareFaults.CreateAsync(World, 50);
        await World.ExecuteAsync("UPDATE people_copy SET note = 'NOTE 10' WHERE id = 10");
        await World.ExecuteAsync("CREATE VIEW shown AS SELECT id, note FROM people WHERE id <= 20");
        await World.ExecuteAsync("CREATE VIEW shown_copy AS SELECT id, note FROM people_copy WHERE id <= 20");
        var byTable = await CompareAsync("people", "shown_copy", r => r with { Where = "id <= 20" });
        Assert.Equal((1, 20, 20), (byTable.Changed, byTable.ExpectedRows, byTable.ActualRows));
        Assert.Contains(byTable.Notes, n => n.StartsWith("Only one table has id as its key", StringComparison.OrdinalIgnoreCase));
        var byKey = await CompareAsync("shown", "shown_copy", r => r with { Key = ["id"] });
        Assert.Equal(("10", "note 10", "NOTE 10"), (byKey.Rows[0].Key[0].Value, byKey.Rows[0].Values[0].Expected, byKey.Rows[0].Values[0].Actual));
        var byRow = await CompareAsync("people", "shown_copy");
        Assert.Equal("id", Assert.Single(byRow.Key), ignoreCase: true);
        Assert.Equal((1, 30), (byRow.Changed, byRow.Missing));
        byRow = await CompareAsync("shown", "shown_copy");
        Assert.Empty(byRow.Key);
        Assert.Equal((1, 1), (byRow.Missing, byRow.Extra));
        await FailsAsync(ErrorCode.TableNotFound, () => CompareAsync("shown", "shown_nowhere"));
        await FailsAsync(ErrorCode.ColumnNotFound, () => CompareAsync("shown", "shown_copy", r => r with { Key = ["nonsense"] }));
        // A table is still asked for where one is needed.
        await FailsAsync(ErrorCode.NotATable, () => Operations.NewShadowAsync(new NewShadowRequest("shown"), Token));
    }

    /// <summary>
    /// Keys of which one lies so far off that all others fall into one bucket, and then keys without it, of which some here and there have another value: cut by value, cut anew by hash, found
    /// by a list of buckets; values that come along and values that are fetched.
    /// </summary>
    protected async Task CompareByRangesAsync()
    {
        const int rows = 140_000;
        foreach (var table in new[] { "far", "far_copy" })
        {
            await World.ExecuteAsync($"CREATE TABLE {table} (id bigint NOT NULL PRIMARY KEY, v integer)");
            await World.ExecuteAsync($"INSERT INTO {table} WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < {rows}) SELECT i - 70000, i FROM s");
            await World.ExecuteAsync($"INSERT INTO {table} VALUES (900000000000000000, 1)");
        }
        await World.ExecuteAsync("UPDATE far_copy SET v = 0 WHERE id % 77 = 0");
        var many = await CompareAsync("far", "far_copy", r => r with { MaxDifferences = rows });
        Assert.Equal((1819L, 1819, true, rows + 1), (many.Changed, many.Rows.Count, many.Complete, many.ExpectedRows));
        Assert.Equal(1819, many.Rows.Select(r => r.KeyText).Distinct().Count());

        await World.ExecuteAsync("DELETE FROM far WHERE id > 100000");
        await World.ExecuteAsync("DELETE FROM far_copy WHERE id > 100000");
        await World.ExecuteAsync("UPDATE far_copy SET v = id + 70000 WHERE id % 77 = 0 AND id % 1001 <> 0");
        await World.ExecuteAsync("DELETE FROM far_copy WHERE id = -69999");
        await World.ExecuteAsync("INSERT INTO far_copy VALUES (70001, 1)");
        var gaps = await CompareAsync("far", "far_copy", r => r with { MaxDifferences = rows, Where = "v >= 0 -- all" });
        Assert.Equal((139, 1, 1, 141), (gaps.Changed, gaps.Missing, gaps.Extra, gaps.Rows.Count));
        Assert.Equal("-69999", Assert.Single(gaps.Rows, r => r.Kind == DifferenceKind.Missing).Key[0].Value);
    }

    [Fact]
    public async Task Without_a_key_whole_rows_are_counted()
    {
        await World.ExecuteAsync("CREATE TABLE readings (sensor integer, value integer)");
        await World.ExecuteAsync("CREATE TABLE readings_copy (sensor integer, value integer)");
        await World.ExecuteAsync("INSERT INTO readings VALUES (1, 10), (1, 10), (2, 20), (2, 20), (3, 30), (4, NULL), (5, 50)");
        await World.ExecuteAsync("INSERT INTO readings_copy VALUES (1, 10), (2, 20), (2, 20), (2, 20), (3, 31), (4, NULL), (6, 60)");
        var found = await CompareAsync("readings", "readings_copy");
        Assert.Empty(found.Key);
        Assert.Equal((0, 3, 2, 1), (found.Changed, found.Missing, found.Extra, found.Duplicated));
        var twice = Assert.Single(found.Rows, r => r.Kind == DifferenceKind.Duplicated);
        Assert.Equal(("2", 2, 3), (twice.Key[0].Value, twice.ExpectedTimes, twice.ActualTimes));
        var once = Assert.Single(found.Rows, r => r.Kind == DifferenceKind.Missing && r.Key[0].Value == "1");
        Assert.Equal((2, 1), (once.ExpectedTimes, once.ActualTimes));
    }

    [Fact]
    public async Task Composite_and_text_keys_and_names_of_all_kinds_do()
    {
        await World.ExecuteAsync("CREATE TABLE \"order\" (\"a\"\"b\" integer NOT NULL, \"select\" varchar(20) NOT NULL, \"My Value\" integer, PRIMARY KEY (\"a\"\"b\", \"select\"))");
        await World.ExecuteAsync("CREATE TABLE \"Order Copy\" (\"a\"\"b\" integer NOT NULL, \"select\" varchar(20) NOT NULL, \"My Value\" integer, PRIMARY KEY (\"a\"\"b\", \"select\"))");
        await World.ExecuteAsync("INSERT INTO \"order\" VALUES (1, 'x', 1), (1, 'it''s', 2), (2, 'x', 3)");
        await World.ExecuteAsync("INSERT INTO \"Order Copy\" VALUES (1, 'x', 1), (1, 'it''s', 7), (2, 'X', 3)");
        var found = await CompareAsync("\"order\"", "\"Order Copy\"");
        Assert.Equal(["a\"b", "select"], found.Key);
        Assert.Equal((1, 1, 1), (found.Changed, found.Missing, found.Extra));
        var changed = Assert.Single(found.Rows, r => r.Kind == DifferenceKind.Changed);
        Assert.Equal(["1", "it's"], changed.Key.Select(k => k.Value));
        Assert.Equal("My Value", Assert.Single(changed.Values).Column);
    }

    [Fact]
    public async Task Empty_tables_are_compared_too()
    {
        await CompareFaults.CreateAsync(World, 3);
        await World.ExecuteAsync("DELETE FROM people_copy");
        Assert.Equal((3, 0), (await CompareAsync("people", "people_copy") is var all ? all.Missing : 0, all.Extra));
        Assert.Equal(3, (await CompareAsync("people_copy", "people")).Extra);
        await World.ExecuteAsync("DELETE FROM people");
        Assert.True((await CompareAsync("people", "people_copy")).Equal);
    }

    [Fact]
    public async Task The_search_ends_with_as_many_rows_as_asked_for()
    {
        await CompareFaults.CreateAsync(World, 2000);
        await World.ExecuteAsync("UPDATE people_copy SET amount = amount + 1");
        var found = await CompareAsync("people", "people_copy", r => r with { MaxDifferences = 7 });
        Assert.False(found.Equal);
        Assert.False(found.Complete);
        Assert.Equal((7, 7), (found.Total, found.Rows.Count));
        Assert.Equal((2000, 2000), (found.ExpectedRows, found.ActualRows));
        Assert.StartsWith("at least 7 rows differ: 7 changed (", found.Verdict, StringComparison.Ordinal);
        var all = await CompareAsync("people", "people_copy", r => r with { MaxDifferences = 5000 });
        Assert.Equal((true, 2000, 2000), (all.Complete, all.Changed, all.Rows.Count));
    }

    [Fact]
    public async Task The_search_ends_when_its_time_is_over()
    {
        await CompareFaults.CreateAsync(World, 2000);
        var found = await CompareAsync("people", "people_copy", r => r with { TimeLimit = TimeSpan.FromTicks(1) });
        Assert.False(found.Equal);
        Assert.False(found.Complete);
        Assert.Contains("time limit", found.EndedBy, StringComparison.Ordinal);
        Assert.StartsWith("not known", found.Verdict, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_the_rows_and_columns_asked_for_are_compared()
    {
        await CompareFaults.CreateAsync(World, 100);
        await World.ExecuteAsync("UPDATE people_copy SET amount = 0 WHERE id = 90");
        await World.ExecuteAsync("UPDATE people_copy SET note = 'other' WHERE id = 10");
        Assert.Equal(1, (await CompareAsync("people", "people_copy", r => r with { Where = "id < 50 -- the first half" })).Total);
        Assert.Equal("90", Assert.Single((await CompareAsync("people", "people_copy", r => r with { Columns = ["amount"] })).Rows).Key[0].Value);
        Assert.Equal("90", Assert.Single((await CompareAsync("people", "people_copy", r => r with { ExcludeColumns = ["note"] })).Rows).Key[0].Value);
        await FailsAsync(ErrorCode.ColumnNotFound, () => CompareAsync("people", "people_copy", r => r with { Columns = ["nonsense"] }));
        await FailsAsync(ErrorCode.BadInput, () => CompareAsync("people", "people_copy", r => r with { ExcludeColumns = ["id"] }));
        await FailsAsync(ErrorCode.TableNotFound, () => CompareAsync("people", "nobody"));
        await FailsAsync(ErrorCode.BadInput, () => CompareAsync("people", "people_copy", r => r with { MaxDifferences = 0 }));
    }

    [Fact]
    public async Task What_one_side_alone_has_is_said_and_other_types_are_compared_by_what_they_mean()
    {
        await World.ExecuteAsync("CREATE TABLE a (id integer NOT NULL PRIMARY KEY, code varchar(10), n integer, only_a integer)");
        await World.ExecuteAsync("CREATE TABLE b (id varchar(10) NOT NULL PRIMARY KEY, code varchar(10), n numeric(10,2), only_b integer)");
        await World.ExecuteAsync("INSERT INTO a VALUES (1, '007', 5, 0), (2, 'x', 6, 0)");
        await World.ExecuteAsync("INSERT INTO b VALUES ('1', '007', 5.00, 0), ('2', 'x', 6.50, 0)");
        var found = await CompareAsync("a", "b");
        var row = Assert.Single(found.Rows);
        Assert.Equal(("2", "6", "6.5"), (row.Key[0].Value, row.Values[0].Expected, row.Values[0].Actual));
        Assert.Contains(found.Notes, n => n.Contains("only_a", StringComparison.OrdinalIgnoreCase));
        Assert.Contains(found.Notes, n => n.Contains("only_b", StringComparison.OrdinalIgnoreCase));
        Assert.Contains(found.Notes, n => n.StartsWith("n (", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task A_key_that_is_none_is_borne()
    {
        await CompareFaults.CreateAsync(World, 200);
        await World.ExecuteAsync("UPDATE people_copy SET note = 'other' WHERE id = 10");
        var found = await CompareAsync("people", "people_copy", r => r with { Key = ["event_ts"] });
        Assert.Equal(1, found.Changed);
        Assert.Equal(0, found.Missing + found.Extra + found.Duplicated);
    }

    [Fact]
    public async Task Tables_of_two_connections_are_compared()
    {
        await CompareFaults.CreateAsync(World, 100);
        await World.ExecuteAsync("UPDATE people_copy SET note = 'other' WHERE id = 10");
        var found = await CompareAsync("people", "people_copy", r => r with { To = Database });
        Assert.Equal("10", Assert.Single(found.Rows).Key[0].Value);
        Assert.Contains(Database.Display, found.Actual, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_cancelled_at_once()
    {
        await CompareFaults.CreateAsync(World, 2000);
        using var stop = new CancellationTokenSource();
        Told.Hear = _ => stop.Cancel();
        await Assert.ThrowsAnyAsync<Exception>(() => Operations.CompareAsync(new CompareRequest("people", "people_copy"), stop.Token));
        Told.Hear = null;
        Assert.True((await CompareAsync("people", "people_copy")).Equal);
    }

    [Fact]
    public async Task Tolerances_are_kept_to_the_letter_and_said()
    {
        await CompareFaults.CreateAsync(World, 100);
        await World.ExecuteAsync("UPDATE people_copy SET amount = amount + 0.01 WHERE id <= 50");
        await World.ExecuteAsync("UPDATE people_copy SET amount = amount + 0.02 WHERE id = 60");
        await World.ExecuteAsync("UPDATE people_copy SET amount = NULL WHERE id = 61");
        await World.ExecuteAsync("UPDATE people_copy SET score = score * 1.009 WHERE id = 70");
        await World.ExecuteAsync("UPDATE people_copy SET score = score * 1.02 WHERE id = 71");
        await World.ExecuteAsync("UPDATE people_copy SET event_ts = '2026-01-25 08:00:01' WHERE id = 80");
        await World.ExecuteAsync("UPDATE people_copy SET event_ts = '2026-01-26 09:00:02' WHERE id = 81");
        var found = await CompareAsync("people", "people_copy", r => r with { Tolerances = [Tolerance.Parse("amount=0.01"), Tolerance.Parse("score", "1%"), Tolerance.Parse("event_ts", "1s")] });
        Assert.Equal(["60", "61", "71", "81"], found.Rows.Select(r => r.Key[0].Value));
        Assert.Equal(["amount", "amount", "score", "event_ts"], found.Rows.Select(r => Assert.Single(r.Values).Column.ToLowerInvariant()));
        Assert.Equal(3, found.Notes.Count(n => n.StartsWith("Tolerance:", StringComparison.Ordinal)));

        await FailsAsync(ErrorCode.BadInput, () => CompareAsync("people", "people_copy", r => r with { Tolerances = [Tolerance.Parse("id=1")] }));
        await FailsAsync(ErrorCode.BadInput, () => CompareAsync("people", "people_copy", r => r with { Tolerances = [Tolerance.Parse("amount=1s")] }));
        await FailsAsync(ErrorCode.ColumnNotFound, () => CompareAsync("people", "people_copy", r => r with { Tolerances = [Tolerance.Parse("nonsense=1")] }));
        await World.ExecuteAsync("CREATE TABLE loose (amount numeric(10,2))");
        var failure = await FailsAsync(ErrorCode.BadInput, () => CompareAsync("loose", "loose", r => r with { Tolerances = [Tolerance.Parse("amount=1")] }));
        Assert.Contains("-Key", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Promise", "4")]
    public async Task A_refuted_shadow_names_its_differing_rows_and_columns()
    {
        await EventsTable.CreateAsync(World, 200);
        await BuildAsync(Declared.Twice);
        Assert.Null((await ProveAsync()).Differences);
        await World.ExecuteAsync("UPDATE allevents_new SET payload = 'tampered' WHERE event_id = 17");
        await World.ExecuteAsync("UPDATE allevents_new SET twice = twice + 1 WHERE event_id = 18");
        await World.ExecuteAsync("DELETE FROM allevents_new WHERE event_id = 19");
        var found = (await TestAsync()).Differences;
        Assert.NotNull(found);
        Assert.Equal((2, 1, 0, 0), (found.Changed, found.Missing, found.Extra, found.Duplicated));
        Assert.Equal(["17", "18", "19"], found.Rows.Select(r => Assert.Single(r.Key).Value));
        Assert.Equal(("payload", "payload 17, \"quoted\", 🐦", "tampered"), Assert.Single(found.Rows[0].Values) is var v ? (v.Column.ToLowerInvariant(), v.Expected, v.Actual) : default);
        Assert.Equal("twice", Assert.Single(found.Rows[1].Values).Column.ToLowerInvariant());
    }

    [Fact]
    [Trait("Promise", "4")]
    public async Task A_proof_states_the_tolerance_within_which_it_holds()
    {
        await EventsTable.CreateAsync(World, 200);
        await BuildAsync(Declared.Nothing, r => r with { Feed = Feeds.FeedKind.None });
        // As if the declared change had rounded otherwise: the contract speaks of the live table, which nobody guards here.
        await World.ExecuteAsync("UPDATE allevents SET amount = amount + 0.01 WHERE event_id IN (11, 12)");
        Assert.False((await TestAsync()).Passed);

        var request = new TestRequest("allevents") { Tolerances = [Tolerance.Parse("amount=0.01")] };
        var result = await RunAsync(await Operations.TestAsync(request, Token));
        Assert.True(result.Passed, string.Join(Environment.NewLine, result.Checks.Where(c => !c.Passed)));
        var content = Assert.Single(result.Checks, c => c.Name == "content");
        Assert.Contains("amount within 0.01", content.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("amount within 0.01", content.Expected, StringComparison.OrdinalIgnoreCase);
        Assert.Contains(result.Differences!.Notes, n => n.Contains("amount within 0.01", StringComparison.OrdinalIgnoreCase));
        Assert.Contains(await World.EverythingAsync(), line => line.Contains("amount within 0.01", StringComparison.OrdinalIgnoreCase));

        await World.ExecuteAsync("UPDATE allevents SET amount = amount + 0.01 WHERE event_id = 12");
        result = await RunAsync(await Operations.TestAsync(request, Token));
        Assert.False(result.Passed);
        Assert.Equal("12", Assert.Single(result.Differences!.Rows).Key[0].Value);
        await FailsAsync(ErrorCode.BadInput, () => Operations.TestAsync(request with { Tolerances = [Tolerance.Parse("event_id=1")] }, Token));
        await FailsAsync(ErrorCode.ColumnNotFound, () => Operations.TestAsync(request with { Tolerances = [Tolerance.Parse("nonsense=1")] }, Token));
    }

    private Task<TableDifferences> CompareAsync(string table, string other, Func<CompareRequest, CompareRequest>? with = null)
    {
        var request = new CompareRequest(table, other);
        return Operations.CompareAsync(with?.Invoke(request) ?? request, Token);
    }
}
