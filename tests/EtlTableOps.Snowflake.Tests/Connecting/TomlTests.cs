using System.Globalization;
using System.Text;

namespace EtlTableOps.Snowflake.Tests.Connecting;

public sealed class TomlTests
{
    [Fact]
    public void The_forms_that_the_tools_files_use_are_read()
    {
        var file = TomlReader.Read(""""
            # a comment
            default_connection_name = "prod"   # behind a value too
            "quoted key" = 'C:\keys\etl.p8'

            [cli.logs]
            save_logs = true
            level = "info"
            sizes = [ 1, 2_000,   # over lines
                      "three" , ]

            [connections.prod]
            account = "org-acct"
            port = 8_443
            ratio = -1.5e3
            since = 2026-11-20T20:15:00Z
            private_key_raw = '''
            -----BEGIN PRIVATE KEY-----
            AbC=
            -----END PRIVATE KEY-----'''
            session_parameters = { QUERY_TAG = "nightly", JSON_INDENT = 2 }
            [connections."with.dot"]
            dotted.inner.key = "\u00e9\t\"x\"\\"
            folded = """one \
                      two"""

            [[plugins]]
            name = "a"
            [[plugins]]
            name = "b"
            """");
        Assert.Equal("prod", file["default_connection_name"]);
        Assert.Equal(@"C:\keys\etl.p8", file["quoted key"]);
        var connections = Table(file, "connections");
        var prod = Table(connections, "prod");
        Assert.Equal("8443", prod["port"]);
        Assert.Equal("-1.5e3", prod["ratio"]);
        Assert.Equal("2026-11-20T20:15:00Z", prod["since"]);
        Assert.Equal("-----BEGIN PRIVATE KEY-----\nAbC=\n-----END PRIVATE KEY-----", prod["private_key_raw"]);
        Assert.Equal("2", Table(prod, "session_parameters")["JSON_INDENT"]);
        var dotted = Table(connections, "with.dot");
        Assert.Equal("é\t\"x\"\\", Table(Table(dotted, "dotted"), "inner")["key"]);
        Assert.Equal("one two", dotted["folded"]);
        Assert.Equal(["1", "2000", "three"], Assert.IsType<List<object>>(Table(Table(file, "cli"), "logs")["sizes"]));
        Assert.Equal(["a", "b"], Assert.IsType<List<object>>(file["plugins"]).Cast<TomlTable>().Select(t => t["name"]));
    }

    [Theory]
    [InlineData("[a]\nx = 1\n[a]", 3)]
    [InlineData("x = 1\nx = 2", 2)]
    [InlineData("\n\nx = hello", 3)]
    [InlineData("x = \"open", 1)]
    [InlineData("x = \"over\nlines\"", 1)]
    [InlineData("\nx = '''open\nand on\n", 2)]
    [InlineData("x = \"C:\\keys\"", 1)]
    [InlineData("x = \"\\ud800\"", 1)]
    [InlineData("x 1", 1)]
    [InlineData("= 1", 1)]
    [InlineData("x = ", 1)]
    [InlineData("x = 1 y = 2", 1)]
    [InlineData("[a", 1)]
    [InlineData("[[a]", 1)]
    [InlineData("x = [1 2]", 1)]
    [InlineData("x = [1,\n2", 2)]
    [InlineData("x = {a = 1", 1)]
    [InlineData("x = {a = 1}\nx.b = 2", 2)]
    [InlineData("x = 1\n[x.y]", 2)]
    [InlineData("x = 1\n[[x]]", 2)]
    [InlineData("x = \"a\u0001b\"", 1)]
    public void A_text_that_is_no_toml_is_refused_with_its_line(string text, int line)
    {
        Assert.Equal(line, Assert.Throws<TomlException>(() => TomlReader.Read(text)).Line);
        // Windows' line ends count the same.
        Assert.Equal(line, Assert.Throws<TomlException>(() => TomlReader.Read(text.Replace("\n", "\r\n", StringComparison.Ordinal))).Line);
    }

    [Fact]
    public void Any_text_comes_back_as_it_was_written_in_each_way_of_writing_it()
    {
        var random = new Random(20261121);
        for (var run = 0; run < 2000; run++)
        {
            var text = Some(random);
            Assert.Equal(text, TomlReader.Read($"k = {Basic(text)}")["k"]);
            Assert.Equal(text, TomlReader.Read($"[a.{Basic(text)}]\nk=1").Values.Cast<TomlTable>().Single().Keys.Single());
            Assert.Equal(text, TomlReader.Read($"k = \"\"\"\n{Basic(text)[1..^1]}\"\"\" # end")["k"]);
            if (!text.AsSpan().ContainsAny('\'', '\n', '\r') && !text.Any(c => char.IsControl(c) && c != '\t')) Assert.Equal(text, TomlReader.Read($"k = '{text}'")["k"]);
        }
    }

    [Fact]
    public void Any_piece_of_a_file_is_read_or_refused_and_never_fails_otherwise()
    {
        var random = new Random(42);
        const string Alphabet = "ab=.[]{}\"'\\#,\n\r\t 19-_:uTZé";
        for (var run = 0; run < 50_000; run++)
        {
            var text = new string(Enumerable.Range(0, random.Next(1, 24)).Select(_ => Alphabet[random.Next(Alphabet.Length)]).ToArray());
            try
            {
                TomlReader.Read(text);
            }
            catch (TomlException e)
            {
                Assert.InRange(e.Line, 1, 1 + text.Count(c => c == '\n'));
            }
        }
    }

    private static TomlTable Table(TomlTable table, string name) => Assert.IsType<TomlTable>(table[name]);

    private static string Some(Random random)
    {
        var runes = Enumerable.Range(0, random.Next(0, 12)).Select(_ => random.Next(6) switch
        {
            0 => new Rune(random.Next(0, 32)),
            1 => new Rune("\"'\\#=\n\r\t"[random.Next(8)]),
            2 => new Rune(0x1F600 + random.Next(50)),
            _ => new Rune(random.Next(32, 0xD000)),
        });
        return string.Concat(runes);
    }

    private static string Basic(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var c in text)
        {
            if (c is '"' or '\\') quoted.Append('\\').Append(c);
            else if (char.IsControl(c) && c != '\t') quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}");
            else quoted.Append(c);
        }
        return quoted.Append('"').ToString();
    }
}
