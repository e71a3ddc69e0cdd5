using System.Data;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Imports;
using EtlTableOps.Snowflake.Tests.Connecting;
using EtlTableOps.Tables;

namespace EtlTableOps.Snowflake.Tests.Importing;

public sealed class BulkWriterTests
{
    private static readonly Column[] IdAndText = [new("ID", "NUMBER(38,0)", false), new("TEXT", "VARCHAR(16777216)", true)];

    [Fact]
    public async Task Rows_are_uploaded_to_a_temporary_stage_and_taken_by_one_statement()
    {
        var account = new StagedAccount();
        await using var writer = await account.BeginAsync(IdAndText, inTransaction: true);
        await writer.WriteAsync([1L, "one"], CancellationToken.None);
        await writer.WriteAsync(["2", null], CancellationToken.None);
        Assert.Equal(2, await writer.CompleteAsync(CancellationToken.None));
        Assert.Equal("\"1\",\"one\"\n\"2\",\n", account.Content);
        var stage = account.Statements[0]["CREATE TEMPORARY STAGE ".Length..];
        Assert.Matches("^\"S\"\\.\"ETLTABLEOPS_LOAD_[0-9A-F]{32}\"$", stage);
        // DDL ends a transaction, so it is begun again.
        Assert.Equal("BEGIN", account.Statements[1]);
        Assert.Matches($"^PUT 'file:///?[^']+/rows-00001\\.csv\\.gz' @{stage} SOURCE_COMPRESSION = GZIP AUTO_COMPRESS = FALSE OVERWRITE = TRUE$", account.Statements[2]);
        Assert.Equal(
            $"COPY INTO \"S\".\"EVENTS_NEW\" (\"ID\", \"TEXT\") FROM (SELECT $1, $2 FROM @{stage}) FILE_FORMAT = (TYPE = CSV COMPRESSION = GZIP FIELD_DELIMITER = ',' RECORD_DELIMITER = '\\n' FIELD_OPTIONALLY_ENCLOSED_BY = '\"' ESCAPE = NONE ESCAPE_UNENCLOSED_FIELD = NONE NULL_IF = () EMPTY_FIELD_AS_NULL = TRUE TRIM_SPACE = FALSE ENCODING = 'UTF8') ON_ERROR = ABORT_STATEMENT",
            account.Statements[3]);
        Assert.Equal(4, account.Statements.Count);
    }

    [Fact]
    public async Task Files_are_of_bounded_size_and_none_is_left()
    {
        var account = new StagedAccount();
        var random = new Random(1);
        string folder;
        await using (var writer = await account.BeginAsync(IdAndText, fileSize: 100_000))
        {
            folder = writer.Folder;
            for (var i = 0; i < 5000; i++) await writer.WriteAsync([i, Convert.ToHexString(Bytes(random, 100))], CancellationToken.None);
            Assert.Equal(5000, await writer.CompleteAsync(CancellationToken.None));
            Assert.Empty(Directory.GetFiles(folder));
        }
        Assert.False(Directory.Exists(folder));
        Assert.InRange(account.Files.Count, 4, 8);
        Assert.All(account.Files.SkipLast(1), f => Assert.InRange(f.Packed.Length, 100_000, 300_000));
        Assert.Equal(5000, account.Content.AsSpan().Count('\n'));
        Assert.Single(account.Statements, s => s.StartsWith("COPY", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_abandoned_load_copies_nothing_and_leaves_no_file()
    {
        var account = new StagedAccount();
        string folder;
        await using (var writer = await account.BeginAsync(IdAndText, fileSize: 1))
        {
            folder = writer.Folder;
            for (var i = 0; i < 3000; i++) await writer.WriteAsync([i, new string('x', 100)], CancellationToken.None);
        }
        Assert.False(Directory.Exists(folder));
        Assert.DoesNotContain(account.Statements, s => s.StartsWith("COPY", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_load_of_no_rows_uploads_nothing()
    {
        var account = new StagedAccount();
        await using var writer = await account.BeginAsync(IdAndText);
        Assert.Equal(0, await writer.CompleteAsync(CancellationToken.None));
        Assert.Single(account.Statements);
    }

    [Fact]
    public async Task Any_text_comes_back_from_the_file_as_it_was_given_and_an_empty_one_is_no_null()
    {
        var random = new Random(3);
        var given = Enumerable.Range(0, 3000).Select(_ => random.Next(8) == 0 ? null : Some(random)).ToList();
        foreach (var columns in new[] { new[] { IdAndText[1] }, IdAndText })
        {
            var account = new StagedAccount();
            await using var writer = await account.BeginAsync(columns, fileSize: 10_000);
            foreach (var text in given) await writer.WriteAsync(columns.Length == 1 ? [text] : [1, text], CancellationToken.None);
            await writer.CompleteAsync(CancellationToken.None);
            Assert.Equal(given, Csv.Read(account.Content).Select(r => r[columns.Length == 1 ? 0 : 1]));
        }
    }

    [Theory]
    [InlineData("NUMBER(38,0)", "12.5", "fraction")]
    [InlineData("NUMBER(5,2)", "1234", "digits")]
    [InlineData("NUMBER(5,2)", "1e3", "digits")]
    [InlineData("NUMBER(38,0)", "12a", "no number")]
    [InlineData("NUMBER(38,0)", "", "no number")]
    [InlineData("FLOAT", "1e999", "range")]
    [InlineData("BOOLEAN", "maybe", "neither")]
    [InlineData("DATE", "2026-02-30", "no date")]
    [InlineData("DATE", "1700000000", "no date")]
    [InlineData("DATE", "2026-01-01 10:00", "time of day")]
    [InlineData("TIMESTAMP_NTZ(9)", "2026-01-01T10:00:00+02:00", "offset")]
    [InlineData("TIMESTAMP_NTZ(9)", "yesterday", "no date")]
    [InlineData("TIME(9)", "25:00", "no time")]
    [InlineData("VARCHAR(3)", "four", "longer")]
    [InlineData("BINARY(8388608)", "0xABC", "hexadecimal")]
    [InlineData("VARIANT", "{", "no JSON")]
    [InlineData("OBJECT", "[1]", "no object")]
    [InlineData("VARCHAR(10)", null, "no null")]
    public async Task A_value_that_does_not_fit_is_refused_at_once_with_its_row_and_column(string type, string? value, string why)
    {
        var account = new StagedAccount();
        await using var writer = await account.BeginAsync([IdAndText[0], new Column("V", type, false)]);
        var good = SnowflakeTextFormTests.Good(type);
        await writer.WriteAsync([1, good], CancellationToken.None);
        await writer.WriteAsync([2, good], CancellationToken.None);
        var bad = await Assert.ThrowsAsync<BadValueException>(async () => await writer.WriteAsync([3, value], CancellationToken.None));
        Assert.Equal((2, "V"), (bad.Row, bad.Column));
        Assert.Contains(why, bad.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Half_of_a_surrogate_pair_is_refused()
    {
        await using var writer = await new StagedAccount().BeginAsync(IdAndText);
        var bad = await Assert.ThrowsAsync<BadValueException>(async () => await writer.WriteAsync([1, "a\ud800b"], CancellationToken.None));
        Assert.Equal((0, "TEXT"), (bad.Row, bad.Column));
    }

    [Theory]
    [InlineData("Row 3, column \"TRANSIENT_STAGE_TABLE\"[\"$2\":2]", "TEXT")]
    [InlineData("Row 3, column \"EVENTS_NEW\"[\"TEXT\":2]", "TEXT")]
    [InlineData("Row 3 starts at line 7", "")]
    public async Task A_row_that_only_the_server_refuses_is_found_in_its_file(string place, string column)
    {
        var account = new StagedAccount();
        await using var writer = await account.BeginAsync(IdAndText, fileSize: 1);
        for (var i = 0; i < 3000; i++) await writer.WriteAsync([i, new string('x', 100)], CancellationToken.None);
        account.CopyFailure = new ServerFailure(100038, $"Error: Numeric value 'x' is not recognized\n  File 'path/rows-00002.csv.gz', line 7, character 5\n  {place}\n  If you would like to continue loading when an error is encountered, use other values SqlState: 22018, VendorCode: 100038, QueryId: 01b");
        var bad = await Assert.ThrowsAsync<BadValueException>(() => writer.CompleteAsync(CancellationToken.None));
        Assert.Equal(Csv.Read(account.Files[0].Text).Count + 2, bad.Row);
        Assert.Equal((column, "Numeric value 'x' is not recognized"), (bad.Column, bad.Message));
    }

    [Fact]
    public async Task An_upload_that_fails_fails_the_load()
    {
        var account = new StagedAccount { PutStatus = "ERROR" };
        await using var writer = await account.BeginAsync(IdAndText);
        await writer.WriteAsync([1, "one"], CancellationToken.None);
        var failure = await Assert.ThrowsAsync<EtlException>(() => writer.CompleteAsync(CancellationToken.None));
        Assert.Equal(ErrorCode.ImportFailed, failure.Code);
        Assert.DoesNotContain(account.Statements, s => s.StartsWith("COPY", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_server_that_loaded_another_number_of_rows_is_not_believed()
    {
        var account = new StagedAccount { Lost = 1 };
        await using var writer = await account.BeginAsync(IdAndText);
        await writer.WriteAsync([1, "one"], CancellationToken.None);
        Assert.Equal(ErrorCode.ImportFailed, (await Assert.ThrowsAsync<EtlException>(() => writer.CompleteAsync(CancellationToken.None))).Code);
    }

    private static byte[] Bytes(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    private static string Some(Random random) => new(Enumerable.Range(0, random.Next(0, 9)).Select(_ => "ab\",\n\r\\N é'\t\0"[random.Next(13)]).ToArray());
}

/// <summary>An account of which only the stage of a load is there.</summary>
internal sealed class StagedAccount
{
    private readonly ScriptedDriver driver;

    public StagedAccount() => driver = new ScriptedDriver(Answer);

    public List<(string Text, byte[] Packed)> Files { get; } = [];

    public string Content => string.Concat(Files.Select(f => f.Text));

    public IReadOnlyList<string> Statements => driver.Statements;

    public Exception? CopyFailure { get; set; }

    public string PutStatus { get; init; } = "UPLOADED";

    public int Lost { get; init; }

    public Task<SnowflakeBulkWriter> BeginAsync(IReadOnlyList<Column> columns, bool inTransaction = false, long fileSize = SnowflakeBulkWriter.UsualFileSize)
    {
        var connection = driver.CreateConnection();
        var session = new PlainSession(connection);
        return SnowflakeBulkWriter.BeginAsync(
            new SnowflakeBulkLoad(session, connection, (e, s, _) => new EtlException(ErrorCode.StatementFailed, e, e.Message, s.Text), new Quoting(), new TableName("S", "EVENTS_NEW"), columns) { InTransaction = inTransaction, FileSize = fileSize },
            CancellationToken.None);
    }

    private DataTable? Answer(string sql)
    {
        if (sql.StartsWith("PUT '", StringComparison.Ordinal))
        {
            var url = sql["PUT '".Length..sql.IndexOf("' @", StringComparison.Ordinal)];
            var packed = File.ReadAllBytes(url["file://".Length..]);
            using var reader = new StreamReader(new GZipStream(new MemoryStream(packed), CompressionMode.Decompress), new UTF8Encoding(false, true));
            Files.Add((reader.ReadToEnd(), packed));
            return ScriptedDriver.Row(("SourceFileName", url), ("DestinationFileName", url), ("ResultStatus", PutStatus), ("ErrorDetails", null));
        }
        if (!sql.StartsWith("COPY", StringComparison.Ordinal)) return null;
        if (CopyFailure is { } failure) throw failure;
        var answer = ScriptedDriver.Row(("file", "f"), ("status", "LOADED"), ("rows_parsed", 0), ("rows_loaded", (Csv.Read(Files[0].Text).Count - Lost).ToString(CultureInfo.InvariantCulture)));
        foreach (var (text, _) in Files.Skip(1)) answer.Rows.Add("f", "LOADED", 0, Csv.Read(text).Count.ToString(CultureInfo.InvariantCulture));
        return answer;
    }

    private sealed class Quoting : ISqlQuoting
    {
        public string Quote(string identifier) => $"\"{identifier}\"";

        public string Literal(string text) => SnowflakeEngine.Literal(text);
    }
}

/// <summary>Reads files by the rules of the load's file format, apart from the code that writes them.</summary>
internal static class Csv
{
    public static List<List<string?>> Read(string text)
    {
        var rows = new List<List<string?>>();
        var at = 0;
        while (at < text.Length)
        {
            var row = new List<string?>();
            while (true)
            {
                if (text[at] == '"')
                {
                    var value = new StringBuilder();
                    for (at++; text[at] != '"' || text[at + 1] == '"'; at++)
                    {
                        if (text[at] == '"') at++;
                        value.Append(text[at]);
                    }
                    at++;
                    row.Add(value.ToString());
                }
                else
                {
                    row.Add(null);
                }
                if (text[at++] == '\n') break;
                Assert.Equal(',', text[at - 1]);
            }
            rows.Add(row);
        }
        return rows;
    }
}
