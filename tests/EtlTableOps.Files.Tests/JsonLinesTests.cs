using System.Text;
using EtlTableOps.Composition;

namespace EtlTableOps.Files.Tests;

public sealed class JsonLinesTests
{
    [Fact]
    public async Task The_first_objects_properties_are_the_columns_in_whatever_order_later_ones_have()
    {
        var (columns, rows) = await Rows.ReadAllAsync(Rows.JsonLines("{\"id\":1,\"name\":\"a\"}\n\n{\"name\":\"b\",\"id\":2}\r\n{\"id\":3}"));
        Assert.Equal(["id", "name"], columns);
        Assert.Equal([1L, 3L, 4L], rows.Select(r => r.Line));
        Assert.Equal(["2", "b"], rows[1].Values);
        Assert.Equal(["3", null], rows[2].Values);
    }

    [Fact]
    public async Task Numbers_keep_every_digit_and_objects_their_text()
    {
        var (_, rows) = await Rows.ReadAllAsync(Rows.JsonLines("""{"n":12345678901234567890.12345678901234567890,"e":1e-400,"t":true,"f":false,"z":null,"o":{"a": [1, 2.50]},"l":[ ],"s":"x\ny\u00e9\ud83d\udc26"}"""));
        Assert.Equal(["12345678901234567890.12345678901234567890", "1e-400", "true", "false", null, "{\"a\": [1, 2.50]}", "[ ]", "x\nyé🐦"], Assert.Single(rows).Values);
    }

    [Fact]
    public async Task Columns_can_be_given_where_the_first_object_lacks_some()
    {
        var (columns, rows) = await Rows.ReadAllAsync(Rows.JsonLines("{\"id\":1}\n{\"id\":2,\"name\":\"b\"}\n", new RowFileOptions { Columns = ["name", "id"] }));
        Assert.Equal(["name", "id"], columns);
        Assert.Equal([null, "1"], rows[0].Values);
        Assert.Equal(["b", "2"], rows[1].Values);
    }

    [Fact]
    public async Task A_property_that_is_new_later_is_an_error_that_names_it()
    {
        var (failure, line) = await Rows.FailAsync(Rows.JsonLines("{\"id\":1}\n{\"id\":2,\"nmae\":\"b\"}\n"));
        Assert.Equal((2L, "nmae", 1L), (line, failure.Column, failure.Row));
    }

    [Fact]
    public async Task A_property_that_stands_twice_is_an_error()
    {
        var (failure, line) = await Rows.FailAsync(Rows.JsonLines("{\"id\":1}\n{\"id\":2,\"id\":3}\n"));
        Assert.Equal((2L, "id"), (line, failure.Column));
    }

    [Theory]
    [InlineData("{\"id\":1}\n{\"id\":\n")]
    [InlineData("{\"id\":1}\n{\"id\":2} {\"id\":3}\n")]
    [InlineData("{\"id\":1}\n[1]\n")]
    [InlineData("{\"id\":1}\n7\n")]
    [InlineData("{\"id\":1}\n{\"id\":\"\\ud800\"}\n")]
    public async Task A_line_that_is_no_whole_object_is_named(string text)
    {
        var (failure, line) = await Rows.FailAsync(Rows.JsonLines(text));
        Assert.Equal((2L, 1L), (line, failure.Row));
    }

    [Fact]
    public async Task Bytes_that_are_no_text_are_an_error_and_not_replaced()
    {
        byte[] bytes = [.. "{\"a\":\"x\"}\n{\"a\":\"M"u8, 0xFC, .. "\"}\n"u8];
        var (failure, line) = await Rows.FailAsync(Rows.JsonLines(bytes));
        Assert.Equal((2L, "a"), (line, failure.Column));
    }

    [Fact]
    public async Task A_line_longer_than_any_buffer_is_read_whole()
    {
        var big = new string('x', 5_000_000);
        var (_, rows) = await Rows.ReadAllAsync(Rows.JsonLines($"{{\"a\":1}}\n{{\"a\":\"{big}\"}}\n{{\"a\":3}}"));
        Assert.Equal(big, rows[1].Values[0]);
        Assert.Equal((3L, "3"), (rows[2].Line, rows[2].Values[0]));
    }

    [Fact]
    public async Task Another_encoding_is_read()
    {
        byte[] bytes = [.. Encoding.Unicode.GetPreamble(), .. Encoding.Unicode.GetBytes("{\"ä\":\"€\"}\n")];
        var (columns, rows) = await Rows.ReadAllAsync(Rows.JsonLines(bytes));
        Assert.Equal(["ä"], columns);
        Assert.Equal("€", Assert.Single(rows).Values[0]);
    }

    [Fact]
    public async Task Many_lines_over_many_buffers_come_out_in_order()
    {
        var text = string.Concat(Enumerable.Range(1, 20_000).Select(i => $"{{\"id\":{i},\"pad\":\"{new string('p', i % 97)}\"}}\n"));
        var (_, rows) = await Rows.ReadAllAsync(Rows.JsonLines(text));
        Assert.Equal(Enumerable.Range(1, 20_000).Select(i => ((long)i, (string?)$"{i}", i % 97)), rows.Select(r => (r.Line, r.Values[0], r.Values[1]!.Length)));
    }

    [Fact]
    public async Task An_empty_file_has_no_rows()
    {
        var (columns, rows) = await Rows.ReadAllAsync(Rows.JsonLines("\n\n"));
        Assert.Empty(columns);
        Assert.Empty(rows);
    }
}
