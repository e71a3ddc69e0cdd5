using System.IO.Compression;
using System.Text;
using EtlTableOps.Composition;
using EtlTableOps.Errors;
using EtlTableOps.Imports;
using FsCheck;
using FsCheck.Fluent;

namespace EtlTableOps.Files.Tests;

public sealed class CsvTests
{
    [Fact]
    public async Task The_header_names_the_columns_in_the_files_order()
    {
        var (columns, rows) = await Rows.ReadAllAsync(Rows.Csv("Cost Total $,id\n7,1\n"));
        Assert.Equal(["Cost Total $", "id"], columns);
        Assert.Equal(["7", "1"], Assert.Single(rows).Values);
    }

    [Fact]
    public async Task A_file_without_a_header_takes_the_columns_given()
    {
        var (columns, rows) = await Rows.ReadAllAsync(Rows.Csv("1,a\n2,b\n", new RowFileOptions { Columns = ["id", "name"] }));
        Assert.Equal(["id", "name"], columns);
        Assert.Equal([1L, 2L], rows.Select(r => r.Line));
    }

    [Fact]
    public async Task An_empty_field_is_null_and_an_empty_field_in_quotes_is_empty_text()
    {
        var (_, rows) = await Rows.ReadAllAsync(Rows.Csv("a,b,c,d\n,\"\",\"x,\"\"\",\n\"\",,\"\"\"\",\"\"\n"));
        Assert.Equal([null, "", "x,\"", null], rows[0].Values);
        Assert.Equal(["", null, "\"", ""], rows[1].Values);
    }

    [Fact]
    public async Task A_null_text_is_null_only_without_quotes()
    {
        var (_, rows) = await Rows.ReadAllAsync(Rows.Csv("a,b,c\nNULL,\"NULL\",\n", new RowFileOptions { NullText = "NULL" }));
        Assert.Equal([null, "NULL", ""], Assert.Single(rows).Values);
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    public async Task Lines_are_counted_as_an_editor_counts_them_through_fields_of_several_lines(string end)
    {
        var text = string.Join(end, "a,b", "1,x", "2,\"two", "lines\"", "", "3,\"", "", "\"", "4,y");
        var (_, rows) = await Rows.ReadAllAsync(Rows.Csv(text));
        Assert.Equal([2L, 3L, 6L, 9L], rows.Select(r => r.Line));
        Assert.Equal("two" + end + "lines", rows[1].Values[1]);
        Assert.Equal(end + end, rows[2].Values[1]);
    }

    [Fact]
    public async Task A_blank_line_of_a_file_with_one_column_is_a_null()
    {
        var (_, rows) = await Rows.ReadAllAsync(Rows.Csv("a\nx\n\ny\n"));
        Assert.Equal(["x", null, "y"], rows.Select(r => r.Values[0]));
    }

    [Fact]
    public async Task A_line_with_too_few_fields_is_named()
    {
        var (failure, line) = await Rows.FailAsync(Rows.Csv("a,b,c\n1,2,3\n\"x\n\",5,6\n7,8\n"));
        Assert.Equal((5L, 2L), (line, failure.Row));
        Assert.Contains("2 fields", failure.Message, StringComparison.Ordinal);
        Assert.Contains("3 columns", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_line_with_too_many_fields_is_named()
    {
        var (failure, line) = await Rows.FailAsync(Rows.Csv("a,b\n1,2,\n"));
        Assert.Equal(2, line);
        Assert.Contains("3 fields", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a,b\n1,x\"y\n")]
    [InlineData("a,b\n1,\"x\"y\n")]
    [InlineData("a,b\n1,\"never closed\n2,z\n")]
    public async Task A_quote_in_the_wrong_place_is_an_error_at_its_line_and_column(string text)
    {
        var (failure, line) = await Rows.FailAsync(Rows.Csv(text));
        Assert.Equal((2L, "b"), (line, failure.Column));
    }

    [Theory]
    [InlineData("utf-8")]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    [InlineData("utf-32")]
    public async Task A_byte_order_mark_decides_the_encoding(string name)
    {
        var encoding = Encoding.GetEncoding(name);
        byte[] bytes = [.. encoding.GetPreamble(), .. encoding.GetBytes("naïve,価格\n€,🐦\n")];
        var (columns, rows) = await Rows.ReadAllAsync(Rows.Csv(bytes, new RowFileOptions { Encoding = Encoding.Latin1 }));
        Assert.Equal(["naïve", "価格"], columns);
        Assert.Equal(["€", "🐦"], Assert.Single(rows).Values);
    }

    [Fact]
    public async Task A_file_without_a_mark_is_read_in_the_encoding_given()
    {
        var (_, rows) = await Rows.ReadAllAsync(Rows.Csv(Encoding.Latin1.GetBytes("a\nMünchen\n"), new RowFileOptions { Encoding = Encoding.Latin1 }));
        Assert.Equal("München", Assert.Single(rows).Values[0]);
    }

    [Fact]
    public async Task Bytes_that_are_no_text_are_an_error_at_their_line_and_column_and_not_replaced()
    {
        byte[] bytes = [.. "a,b\n1,2\n3,M"u8, 0xFC, .. "nchen\n"u8];
        var (failure, line) = await Rows.FailAsync(Rows.Csv(bytes));
        Assert.Equal((3L, "b", 1L), (line, failure.Column, failure.Row));
        Assert.Contains("M?nchen", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_delimiter_and_quote_can_be_given()
    {
        var (_, rows) = await Rows.ReadAllAsync(Rows.Csv("'x||y'||'it''s'\n", new RowFileOptions { Delimiter = "||", Quote = '\'', Columns = ["a", "b"] }));
        Assert.Equal(["x||y", "it's"], Assert.Single(rows).Values);
    }

    [Theory]
    [InlineData("a;b\n1;2\n", ";")]
    [InlineData("a\tb\n1\t2\n", "\t")]
    public async Task A_header_in_one_piece_asks_for_the_delimiter(string text, string delimiter)
    {
        var (failure, _) = await Rows.FailAsync(Rows.Csv(text));
        Assert.Contains("delimiter", failure.Message, StringComparison.Ordinal);
        var (columns, _) = await Rows.ReadAllAsync(Rows.Csv(text, new RowFileOptions { Delimiter = delimiter }));
        Assert.Equal(["a", "b"], columns);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a,b,a\n")]
    [InlineData("a,,b\n")]
    public async Task A_header_that_cannot_name_columns_is_refused(string text)
    {
        var (_, line) = await Rows.FailAsync(Rows.Csv(text));
        Assert.Equal(1, line);
    }

    [Fact]
    public async Task A_field_of_twenty_million_characters_is_read_whole()
    {
        var big = new string('x', 20_000_000) + "\n\"";
        var (_, rows) = await Rows.ReadAllAsync(Rows.Csv("a,b\n1,\"" + big.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"\n2,y\n"));
        Assert.Equal(big, rows[0].Values[1]);
        Assert.Equal(4, rows[1].Line);
    }

    [Fact]
    public void Whatever_is_written_by_the_rules_is_read_back()
    {
        var text = Gen.Elements("", "\"", ",", "\n", "\r\n", "a", " ", "é", "🐦", "NULL", "'", "\t").ListOf().Select(string.Concat);
        var field = Gen.OneOf(text.Select(t => (string?)t), Gen.Constant((string?)null));
        var table = field.ArrayOf(3).NonEmptyListOf();
        Prop.ForAll(table.ToArbitrary(), written =>
        {
            var csv = "a,b,c\n" + string.Concat(written.Select(r => string.Join(',', r.Select(f => f is null ? "" : "\"" + f.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"")) + "\n"));
            var read = Rows.ReadAllAsync(Rows.Csv(csv)).GetAwaiter().GetResult().All;
            return written.Count == read.Count && written.Zip(read).All(p => p.First.SequenceEqual(p.Second.Values));
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("rows.csv", ",")]
    [InlineData("rows.TSV", "\t")]
    [InlineData("rows.txt", ",")]
    public async Task The_name_tells_the_format_packed_or_not(string name, string delimiter)
    {
        var folder = Directory.CreateTempSubdirectory("etltableops-files-");
        try
        {
            var text = $"a{delimiter}b\n1{delimiter}2\n";
            var plain = Path.Combine(folder.FullName, name);
            await File.WriteAllTextAsync(plain, text, TestContext.Current.CancellationToken);
            var packed = plain + ".gz";
            await using (var gzip = new GZipStream(File.Create(packed), CompressionLevel.Fastest))
                await gzip.WriteAsync(Encoding.UTF8.GetBytes(text), TestContext.Current.CancellationToken);
            foreach (var path in new[] { plain, packed })
            {
                var source = RowSources.Open(path, new RowFileOptions());
                var (_, rows) = await Rows.ReadAllAsync(source);
                Assert.Equal(["1", "2"], Assert.Single(rows).Values);
                Assert.Equal(Path.GetFileName(path), source.Name);
                Assert.Equal(new FileInfo(path).Length, source.Length);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Progress_reaches_the_files_length()
    {
        var source = Rows.Csv("a,b\n1,2\n");
        await using (source)
        {
            await source.ReadColumnsAsync(TestContext.Current.CancellationToken);
            var values = new object?[2];
            while (await source.ReadAsync(values, TestContext.Current.CancellationToken))
            {
                // To the end.
            }
            Assert.Equal(source.Length, source.Position);
        }
    }

    [Theory]
    [InlineData("no/such/file.csv")]
    [InlineData("events.parquet")]
    [InlineData("events")]
    public void A_file_that_cannot_be_opened_or_told_is_bad_input(string path) =>
        Assert.Equal(ErrorCode.BadInput, Assert.Throws<EtlException>(() => RowSources.Open(path, new RowFileOptions())).Code);

    [Fact]
    public async Task A_token_ends_the_wait_for_a_silent_pipe()
    {
        using var server = new System.IO.Pipes.AnonymousPipeServerStream(System.IO.Pipes.PipeDirection.Out);
        await using var client = new System.IO.Pipes.AnonymousPipeClientStream(System.IO.Pipes.PipeDirection.In, server.ClientSafePipeHandle);
        await server.WriteAsync("a,b\n1,2\n"u8.ToArray(), TestContext.Current.CancellationToken);
        var reading = Task.Run(async () =>
        {
            var source = RowSources.Open(client, "stdin", new RowFileOptions { Format = RowFileFormat.Csv });
            using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
            await source.ReadColumnsAsync(cancel.Token);
            var values = new object?[2];
            while (await source.ReadAsync(values, cancel.Token))
            {
                // Rows that are there.
            }
        }, TestContext.Current.CancellationToken);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
    }
}
