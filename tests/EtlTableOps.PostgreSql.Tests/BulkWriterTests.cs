using System.Globalization;
using System.Numerics;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Imports;
using EtlTableOps.Tables;
using EtlTableOps.Testing;

namespace EtlTableOps.PostgreSql.Tests;

public sealed class BulkWriterTests(PostgreSqlDatabase database) : PostgreSqlTest(database)
{
    private const string Types = """
        CREATE TYPE mood AS ENUM ('sad', 'o''k', 'very "happy"');
        CREATE DOMAIN small AS numeric(6,2) CHECK (VALUE < 1000);
        CREATE DOMAIN positive AS int CHECK (VALUE > 0);
        CREATE DOMAIN code AS varchar(3);
        CREATE TYPE pair AS (a int, b text);
        """;

    public static TheoryData<string, string[]> Values => new()
    {
        { "smallint", ["0", "-32768", "32767", " 12 ", "+5"] },
        { "integer", ["0", "-2147483648", "2147483647", "007"] },
        { "bigint", ["-9223372036854775808", "9223372036854775807"] },
        { "numeric", ["0", "-0", "0.00", "1", "10000", "100000000", "0.0001", "0.00010", "-123456789012345678901234567890.123456789", "1.50", "00012.5", ".5", "5.", "1e10", "1E-20", "NaN", "9999.9999", "10000.0001", "1234567", "0.00000001", "20000000000000000.4"] },
        { "numeric(10,2)", ["12.345", "12.3", "-99999999.99", "0.005"] },
        { "real", ["0", "1.5", "-1e-30", "3.4028235e38", "NaN", "Infinity", "-infinity", "0.1"] },
        { "double precision", ["0", "-0", "0.1", "1e308", "4.9e-324", "NaN", "inf", "-Infinity", " 2.5 "] },
        { "boolean", ["t", "true", "TRUE", "f", "False", "0", "1", "yes", "off", "n"] },
        { "text", ["", " ", "a\tb\nc\rd\\e", "\\N", "\\.", "Grüße 🐦", "'", "\"", "null"] },
        { "varchar(5)", ["", "abcde", "abcde   ", "🐦🐦🐦🐦🐦"] },
        { "char(5)", ["", "abc", "abcde     "] },
        { "date", ["2020-02-29", "0001-01-01", "9999-12-31", "infinity", "-infinity", "4713-01-01 BC", "294276-01-01", "20200102", "Jan 5, 2021", "2020-01-02 03:04:05"] },
        { "time", ["00:00", "23:59:59.999999", "24:00:00", "04:05 PM", "12:00:00.1234567"] },
        { "time(2)", ["12:00:00.126"] },
        { "timetz", ["12:00:00+02", "12:00:00.5-03:30"] },
        { "timestamp", ["2020-01-02", "2020-01-02 03:04", "2020-01-02T03:04:05.123456", "1969-12-31 23:59:59.999999", "infinity", "2020-01-02 03:04:05.1234567", "2020-01-02 03:04:05.1234560", "2020-01-02T03:04:05Z", "2020-01-02 03:04:05 BC"] },
        { "timestamp(3)", ["2020-01-02T03:04:05.123456"] },
        { "timestamptz", ["2020-01-02 03:04:05Z", "2020-01-02T03:04:05.5+02:00", "2020-01-02 03:04:05-0330", "2020-01-02 03:04:05+14", "2020-07-02 03:04:05", "2020-01-02", "epoch", "1890-01-01 00:00:00", "2020-01-02 03:04:05 Europe/Berlin"] },
        { "interval", ["1 day", "1 year 2 mons -3 days +04:05:06.7", "P1DT2H", "-00:00:01"] },
        { "uuid", ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "A0EEBC999C0B4EF8BB6D6BB9BD380A11", "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}"] },
        { "json", ["{\"a\": 1,  \"a\":2}", "[1, null]", "\"x\""] },
        { "jsonb", ["{\"a\": 1,  \"a\":2}", "null", "1.50"] },
        { "bytea", ["\\x", "\\x00ff", "\\xDEADbeef", "abc\\000"] },
        { "inet", ["1.2.3.4", "1.2.3.4/24", "::1", "fe80::1/64", "::ffff:1.2.3.4"] },
        { "cidr", ["10.0.0.0/8", "10/8", "2001:db8::/32", "192.168.1"] },
        { "macaddr", ["08:00:2b:01:02:03"] },
        { "mood", ["sad", "o'k", "very \"happy\""] },
        { "small", ["1.239", "-5"] },
        { "code", ["abc", ""] },
        { "integer[]", ["{1,2,NULL}", "{}", "{{1,2},{3,4}}"] },
        { "text[]", ["{\"a,b\",NULL,\"\\\"\"}"] },
        { "pair", ["(1,\"a b\")"] },
        { "int4range", ["[1,5)", "empty"] },
        { "xml", ["<a>b</a>"] },
        { "point", ["(1,2)"] },
        { "bit(3)", ["101"] },
        { "oid", ["4294967295"] },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public async Task A_text_is_stored_as_the_server_itself_reads_it(string type, string[] texts)
    {
        // Alone in its load, so that each text meets the binary form first; and in both kinds of session zones.
        foreach (var zone in new[] { "UTC", "America/New_York" })
        {
            await using var session = await FreshTableAsync($"id bigint, v {type}", zone);
            foreach (var (text, i) in texts.Select((t, i) => (t, i))) await LoadAsync(session, [[(long)i, text], [(long)(i + 1000), null]]);
            for (var i = 0; i < texts.Length; i++)
            {
                var sql = new Sql($"SELECT v::text, (SELECT CAST(@text AS {type})::text), (SELECT count(*) FROM t WHERE id = {i + 1000} AND v IS NULL) FROM t WHERE id = {i}", [new("text", texts[i])]);
                var (stored, expected, nulls) = (await session.QueryAsync(sql, r => (r.GetString(0), r.GetString(1), r.GetInt64(2)), Token))[0];
                // A cast cuts what is too long; an assignment does so only with blanks, which none of the values above makes a difference for.
                Assert.Equal((expected, 1L), (stored, nulls));
            }
        }
    }

    public static TheoryData<string, object, string> TypedValues => new()
    {
        { "smallint", 3.0, "3" },
        { "integer", 3L, "3" },
        { "integer", 3m, "3" },
        { "bigint", ulong.MaxValue / 2, "9223372036854775807" },
        { "numeric", BigInteger.Parse("123456789012345678901234567890", CultureInfo.InvariantCulture), "123456789012345678901234567890" },
        { "numeric", 1.50m, "1.50" },
        { "numeric", 0.1, "0.1" },
        { "numeric", double.NaN, "NaN" },
        { "double precision", 0.1, "0.1" },
        { "double precision", double.PositiveInfinity, "Infinity" },
        { "double precision", 7, "7" },
        { "real", 0.1f, "0.1" },
        { "boolean", true, "true" },
        { "text", true, "true" },
        { "text", 1.5, "1.5" },
        { "text", 'x', "x" },
        { "date", new DateTime(2020, 2, 29), "2020-02-29" },
        { "date", new DateOnly(2020, 2, 29), "2020-02-29" },
        { "date", new DateTime(2020, 2, 29, 10, 0, 0), "2020-02-29" },
        { "time", new TimeOnly(1, 2, 3), "01:02:03" },
        { "time", new TimeSpan(1, 2, 3), "01:02:03" },
        { "interval", new TimeSpan(-1, -2, -3, -4, -500), "-1 days -02:03:04.5" },
        { "timestamp", new DateTime(2020, 1, 2, 3, 4, 5, DateTimeKind.Utc).AddTicks(5), "2020-01-02 03:04:05" },
        { "timestamp", new DateTime(2020, 1, 2, 3, 4, 5, DateTimeKind.Utc).AddTicks(16), "2020-01-02 03:04:05.000002" },
        { "timestamp", new DateTime(1, 1, 1), "0001-01-01 00:00:00" },
        { "timestamptz", new DateTime(2020, 1, 2, 3, 4, 5, DateTimeKind.Utc), "2020-01-02 03:04:05+00" },
        { "timestamptz", new DateTimeOffset(2020, 1, 2, 3, 4, 5, TimeSpan.FromHours(2)), "2020-01-02 01:04:05+00" },
        { "uuid", Guid.Parse("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"), "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11" },
        { "bytea", new byte[] { 0, 255 }, "\\x00ff" },
        { "integer[]", new[] { 1, 2 }, "{1,2}" },
        { "text[]", new object?[] { "a\"b", null, "c,d" }, "{\"a\\\"b\",NULL,\"c,d\"}" },
        { "integer", DayOfWeek.Friday.GetHashCode(), "5" },
    };

    [Theory]
    [MemberData(nameof(TypedValues))]
    public async Task A_typed_value_is_stored_as_what_it_is(string type, object value, string expected)
    {
        await using var session = await FreshTableAsync($"v {type}");

        await LoadAsync(session, [[value]]);

        Assert.Equal(expected, await Database.ScalarAsync<string>("SET TimeZone = 'UTC'; SELECT v::text FROM t"));
    }

    [Theory]
    [InlineData("integer", "12a", "12a")]
    [InlineData("integer", "", "")]
    [InlineData("smallint", "32768", "32768")]
    [InlineData("date", "2020-02-30", "2020-02-30")]
    [InlineData("timestamptz", "yesterdayish", "yesterdayish")]
    [InlineData("varchar(3)", "abcd", "abcd")]
    [InlineData("code", "abcd", "abcd")]
    [InlineData("small", "5000", "5000")]
    [InlineData("mood", "furious", "furious")]
    [InlineData("jsonb", "{oops", "oops")]
    [InlineData("uuid", "nope", "nope")]
    [InlineData("boolean", "maybe", "maybe")]
    [InlineData("numeric(4,2)", "100", "numeric field overflow")]
    [InlineData("positive", "-5", "'-5'")]
    [InlineData("double precision", "1e400", "1e400")]
    [InlineData("bytea", "\\xzz", "z")]
    [InlineData("interval", "long", "long")]
    [InlineData("text", "a\0b", "NUL")]
    [InlineData("text", "half a pair", "surrogate")]
    [InlineData("text", null, "no null")]
    public async Task A_value_that_does_not_fit_is_named_with_row_and_column_and_nothing_stays(string type, string? text, string said)
    {
        await using var session = await FreshTableAsync($"a int, \"v x, line 7\" {type}{(text is null ? " NOT NULL" : "")}");
        var good = type switch { "mood" => "sad", "jsonb" => "1", "uuid" => "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "boolean" => "t", "date" or "timestamptz" => "2020-01-01", "interval" => "1 day", "bytea" => "\\x00", _ => "1" };

        // A lone surrogate does not survive in an attribute.
        if (text == "half a pair") text = "x\ud800";

        var e = await Assert.ThrowsAsync<BadValueException>(() => LoadAsync(session, [["1", good], ["2", good], ["3", text], ["4", good]]));

        Assert.Equal((2L, "v x, line 7"), (e.Row, e.Column));
        Assert.Contains(said, e.Message, StringComparison.Ordinal);
        Assert.Equal(0L, await Database.ScalarAsync<long>("SELECT count(*) FROM t"));
        Assert.Equal(FailureKind.BadData, session.Classify(e));
        // The session goes on.
        Assert.Equal(1, (await session.QueryAsync(new Sql("SELECT 1"), r => r.GetInt32(0), Token))[0]);
    }

    [Fact]
    public async Task A_row_that_breaks_a_constraint_is_named_with_the_servers_detail()
    {
        await using var session = await FreshTableAsync("id int PRIMARY KEY, n int CHECK (n > 0)");

        var twice = await Assert.ThrowsAsync<BadValueException>(() => LoadAsync(session, [["1", "1"], ["2", "1"], ["1", "1"]]));
        var negative = await Assert.ThrowsAsync<BadValueException>(() => LoadAsync(session, [["1", "1"], ["2", "-1"]]));

        Assert.Equal(2, twice.Row);
        Assert.Contains("Key (id)=(1) already exists", twice.Message, StringComparison.Ordinal);
        Assert.Equal(1, negative.Row);
        Assert.Contains("t_n_check", negative.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_long_load_tells_of_a_refused_row_long_before_its_end()
    {
        await using var session = await FreshTableAsync("id int PRIMARY KEY, pad text");
        var pad = new string('x', 10_000);
        await using var transaction = await session.BeginAsync(TransactionMode.Write, null, Token);
        await using var writer = await BeginAsync(session);

        var e = await Assert.ThrowsAsync<BadValueException>(async () =>
        {
            for (var i = 0; i < 10_000; i++) await writer.WriteAsync([i == 4_000 ? 0 : i, pad], Token);
        });

        Assert.Equal(4_000, e.Row);
    }

    [Fact]
    public async Task A_load_that_is_left_without_completion_leaves_nothing()
    {
        await using var session = await FreshTableAsync("id int");
        await using (var transaction = await session.BeginAsync(TransactionMode.Write, null, Token))
        await using (var writer = await BeginAsync(session))
        {
            for (var i = 0; i < 100_000; i++) await writer.WriteAsync([i], Token);
        }

        Assert.Equal(0L, await Database.ScalarAsync<long>("SELECT count(*) FROM t"));
        Assert.Equal(1, await LoadAsync(session, [[1]]));
    }

    [Fact]
    public async Task A_cancelled_load_ends_at_once()
    {
        var session = await FreshTableAsync("id int");
        using var cancel = new CancellationTokenSource();
        await using var transaction = await session.BeginAsync(TransactionMode.Write, null, Token);
        await using var writer = await BeginAsync(session);
        for (var i = 0; i < 100_000; i++) await writer.WriteAsync([i], cancel.Token);
        await cancel.CancelAsync();

        var e = await Assert.ThrowsAsync<EtlException>(async () =>
        {
            for (var i = 0; i < 1_000_000; i++) await writer.WriteAsync([i], cancel.Token);
        });

        Assert.Equal(ErrorCode.Cancelled, e.Code);
    }

    [Fact]
    public async Task A_cancelled_load_comes_back_at_once_although_the_server_is_frozen()
    {
        Assert.SkipUnless(Database.Cluster.IsOwn, "Only a server of ours may be frozen.");
        var session = await FreshTableAsync("pad text");
        var backend = (await session.QueryAsync(new Sql("SELECT pg_backend_pid()"), r => r.GetInt32(0), Token))[0];
        using var cancel = new CancellationTokenSource();
        var transaction = await session.BeginAsync(TransactionMode.Write, null, Token);
        var writer = await BeginAsync(session);
        var pad = new string('x', 100_000);
        await writer.WriteAsync([pad], cancel.Token);
        await Database.Cluster.SignalAsync(backend, "STOP");
        try
        {
            var loading = Task.Run(async () =>
            {
                while (true) await writer.WriteAsync([pad], cancel.Token);
            }, Token);
            await Task.Delay(300, Token);
            Assert.False(loading.IsCompleted);

            var clock = System.Diagnostics.Stopwatch.StartNew();
            var cancelling = Task.Run(cancel.Cancel, Token);
            var e = await Assert.ThrowsAsync<EtlException>(() => loading);
            await writer.DisposeAsync();
            await transaction.DisposeAsync();
            await session.DisposeAsync();
            await cancelling;

            Assert.Equal(ErrorCode.Cancelled, e.Code);
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(5), $"took {clock.Elapsed}");
        }
        finally
        {
            await Database.Cluster.SignalAsync(backend, "CONT");
        }
    }

    [Fact]
    public async Task Columns_may_come_in_any_order_and_number_and_names_are_quoted()
    {
        await using var session = await FreshTableAsync("a int DEFAULT 7, \"B \"\"b\" text, \"select\" int");
        var shape = (await session.ReadShapeAsync(new TableName("public", "t"), Token))!;
        await using (var transaction = await session.BeginAsync(TransactionMode.Write, null, Token))
        {
            await using var writer = await session.BeginBulkLoadAsync(shape, [shape.FindColumn("select")!, shape.FindColumn("B \"b")!], Token);
            await writer.WriteAsync(["1", "x"], Token);
            Assert.Equal(1, await writer.CompleteAsync(Token));
            await transaction.CommitAsync(Token);
        }

        Assert.Equal("(7,x,1)", await Database.ScalarAsync<string>("SELECT t::text FROM t"));
    }

    private async Task<IEngineSession> FreshTableAsync(string columns, string zone = "UTC")
    {
        await Database.ExecuteAsync($"DROP TABLE IF EXISTS t; DROP TYPE IF EXISTS mood, pair CASCADE; DROP DOMAIN IF EXISTS small, code, positive CASCADE; {Types}; CREATE TABLE t({columns}); ALTER DATABASE {Database.Name} SET TimeZone = '{zone}'");
        return await OpenSessionAsync();
    }

    private static async Task<IBulkWriter> BeginAsync(IEngineSession session)
    {
        var shape = (await session.ReadShapeAsync(new TableName("public", "t"), Token))!;
        return await session.BeginBulkLoadAsync(shape, shape.Columns, Token);
    }

    private static async Task<long> LoadAsync(IEngineSession session, object?[][] rows)
    {
        await using var transaction = await session.BeginAsync(TransactionMode.Write, null, Token);
        long written;
        await using (var writer = await BeginAsync(session))
        {
            foreach (var row in rows) await writer.WriteAsync(row, Token);
            written = await writer.CompleteAsync(Token);
        }
        await transaction.CommitAsync(Token);
        return written;
    }
}
