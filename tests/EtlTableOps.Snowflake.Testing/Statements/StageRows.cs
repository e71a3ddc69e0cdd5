using System.IO.Compression;
using System.Text;
using System.Text.Json;

namespace EtlTableOps.Snowflake.Testing;

/// <summary>Files of stages as rows: CSV in columns $1, $2, …, JSON as one VARIANT. A Parquet file of the model's is one of JSON lines between two times
/// the letters by which a real one begins and ends.</summary>
internal static class StageRows
{
    /// <summary>The folder of a stage and of the path in it.</summary>
    public static string Folder(StatementRun run, string path)
    {
        var (stage, inner) = Resolve(run, path);
        return inner.Length == 0 ? stage.Folder : Path.Combine(stage.Folder, inner.Trim('/'));
    }

    public static Relation Bind(StatementRun run, string path, IReadOnlyDictionary<string, string> given)
    {
        var (stage, inner) = Resolve(run, path);
        var options = Options(run, stage, given);
        var files = Directory.GetFiles(stage.Folder, "*", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(stage.Folder, f).Replace('\\', '/'))
            .Where(f => f.StartsWith(inner.TrimStart('/'), StringComparison.Ordinal) && (run.OnlyFiles is null || run.OnlyFiles.Contains(f)) && (run.FilePattern is null || Comparison.Matches(f, run.FilePattern)))
            .Order(StringComparer.Ordinal).ToList();
        run.FilesRead = [.. files.Select(f => $"{stage.Id}/{f}/{File.GetLastWriteTimeUtc(Path.Combine(stage.Folder, f)).Ticks}").Where(k => run.SkipFiles?.Contains(k) != true)];
        var rows = new List<object?[]>();
        string[]? header = null;
        var kind = options.GetValueOrDefault("TYPE", "CSV").ToUpperInvariant();
        foreach (var file in files)
        {
            if (run.SkipFiles?.Contains($"{stage.Id}/{file}/{File.GetLastWriteTimeUtc(Path.Combine(stage.Folder, file)).Ticks}") == true) continue;
            var text = Text(Path.Combine(stage.Folder, file));
            rows.AddRange(kind switch
            {
                "JSON" => JsonRows(text, options),
                "PARQUET" => JsonRows(Parquet(text, file), options),
                "CSV" => CsvRows(text, options, ref header),
                _ => throw ModelError.Unsupported(kind + " files in this model"),
            });
            for (var row = 1; run.RowPlaces.Count < rows.Count; row++) run.RowPlaces.Add((file, row));
        }
        var json = kind != "CSV";
        var width = Math.Max(json ? Math.Min(1, run.FieldsAtLeast) : run.FieldsAtLeast, rows.Count == 0 ? 0 : rows.Max(r => r.Length));
        return new Relation([.. Enumerable.Range(0, width).Select(i => new ScopeColumn(null, header is not null && i < header.Length ? header[i] : "$" + (i + 1), json ? SfType.Variant : SfType.Text))], _ => rows.Select(r => r.Length == width ? r : [.. r, .. new object?[width - r.Length]]));
    }

    public static List<(ModelColumn Column, Func<object?[], Bound> Value)> ByName(TableItem table, IReadOnlyList<ScopeColumn> found, bool caseSensitive)
    {
        var comparer = caseSensitive ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase;
        if (found is [{ Type.Kind: SfKind.Variant }])
        {
            return [.. table.Columns.Select(c => (c, (Func<object?[], Bound>)(row =>
            {
                using var document = JsonDocument.Parse(((Json)row[0]!).Text);
                foreach (var member in document.RootElement.EnumerateObject())
                {
                    if (!string.Equals(member.Name, c.Name, comparer)) continue;
                    object? value = member.Value.ValueKind == JsonValueKind.Null ? null : new Json(member.Value.GetRawText());
                    return new Bound(SfType.Variant, _ => value);
                }
                return RowWriter.DefaultMark;
            })))];
        }
        return [.. found.Select((f, i) => (Column: table.Columns.FirstOrDefault(c => string.Equals(c.Name, f.Name, comparer)), Place: i)).Where(p => p.Column is not null)
            .Select(p => (p.Column!, (Func<object?[], Bound>)(row => new Bound(SfType.Text, _ => row[p.Place]))))];
    }

    /// <summary>What INFER_SCHEMA tells: the names of the columns, in the order in which they come.</summary>
    public static IReadOnlyList<string> Names(StatementRun run, string location, string format)
    {
        var relation = Bind(run, location.TrimStart('@'), new Dictionary<string, string> { ["FILE_FORMAT"] = format });
        if (relation.Columns is not [{ Type.Kind: SfKind.Variant }]) return [.. relation.Columns.Select((c, i) => c.Name.StartsWith('$') ? $"c{i + 1}" : c.Name)];
        return [.. relation.Rows(null).SelectMany(r => JsonNode(((Json)r[0]!).Text)).Distinct(StringComparer.Ordinal)];

        static List<string> JsonNode(string text)
        {
            using var document = JsonDocument.Parse(text);
            return [.. document.RootElement.EnumerateObject().Select(m => m.Name)];
        }
    }

    private static string Parquet(string text, string file)
    {
        const string letters = "PAR1";
        return text.StartsWith(letters, StringComparison.Ordinal) && text.EndsWith(letters, StringComparison.Ordinal) && text.Length >= 8
            ? text[4..^4]
            : throw new ModelError(100152, "22000", $"File '{file}' is no Parquet file");
    }

    private static (StageItem Stage, string Inner) Resolve(StatementRun run, string path)
    {
        // The first slash outside quotes ends the stage's name.
        var quoted = false;
        var end = 0;
        for (; end < path.Length && (quoted || path[end] != '/'); end++)
        {
            if (path[end] == '"') quoted = !quoted;
        }
        return (run.Catalog.Other<StageItem>("STAGE", new Parser(path[..end]).OneName()), path[end..].TrimStart('/'));
    }

    private static Dictionary<string, string> Options(StatementRun run, StageItem stage, IReadOnlyDictionary<string, string> given)
    {
        var options = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in stage.Properties.Where(p => p.Key.StartsWith("file_format.", StringComparison.Ordinal))) options[key["file_format.".Length..].ToUpperInvariant()] = value;
        var name = given.GetValueOrDefault("FILE_FORMAT") ?? run.FileOptions.GetValueOrDefault("FORMAT_NAME");
        if (name is not null)
        {
            foreach (var (key, value) in run.Catalog.Other<CatalogItem>("FILE FORMAT", new Parser(name).OneName()).Properties) options[key.ToUpperInvariant()] = value;
        }
        foreach (var (key, value) in run.FileOptions) options[key] = value;
        return options;
    }

    private static string Text(string file)
    {
        using var stream = File.OpenRead(file);
        var packed = stream.ReadByte() == 0x1F && stream.ReadByte() == 0x8B;
        stream.Position = 0;
        using var reader = new StreamReader(packed ? new GZipStream(stream, CompressionMode.Decompress) : stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    private static List<object?[]> JsonRows(string text, Dictionary<string, string> options)
    {
        var strip = options.GetValueOrDefault("STRIP_OUTER_ARRAY", "FALSE").Equals("TRUE", StringComparison.OrdinalIgnoreCase);
        var rows = new List<object?[]>();
        var bytes = Encoding.UTF8.GetBytes(text);
        var at = 0;
        while (at < bytes.Length)
        {
            if (char.IsWhiteSpace((char)bytes[at]))
            {
                at++;
                continue;
            }
            var reader = new Utf8JsonReader(bytes.AsSpan(at));
            try
            {
                using var document = JsonDocument.ParseValue(ref reader);
                if (strip && document.RootElement.ValueKind == JsonValueKind.Array) rows.AddRange(document.RootElement.EnumerateArray().Select(e => new object?[] { new Json(e.GetRawText()) }));
                else rows.Add([new Json(document.RootElement.GetRawText())]);
            }
            catch (JsonException e)
            {
                throw new ModelError(100069, "22P02", "Error parsing JSON: " + e.Message);
            }
            at += (int)reader.BytesConsumed;
        }
        return rows;
    }

    private static List<object?[]> CsvRows(string text, Dictionary<string, string> options, ref string[]? header)
    {
        var delimiter = options.GetValueOrDefault("FIELD_DELIMITER", ",") is { Length: > 0 } d ? d[0] : ',';
        var quote = options.GetValueOrDefault("FIELD_OPTIONALLY_ENCLOSED_BY", "NONE") is { Length: 1 } q ? q[0] : '\0';
        var escape = options.GetValueOrDefault("ESCAPE_UNENCLOSED_FIELD", "\\") is { Length: 1 } e ? e[0] : '\0';
        var enclosedEscape = options.GetValueOrDefault("ESCAPE", "NONE") is { Length: 1 } ee ? ee[0] : '\0';
        string[] nullIf = options.GetValueOrDefault("NULL_IF", "\\N") is { Length: > 0 } nulls ? nulls.Split('\u0001') : [];
        var emptyIsNull = !options.GetValueOrDefault("EMPTY_FIELD_AS_NULL", "TRUE").Equals("FALSE", StringComparison.OrdinalIgnoreCase);
        var skip = int.Parse(options.GetValueOrDefault("SKIP_HEADER", "0"), System.Globalization.CultureInfo.InvariantCulture);
        var parseHeader = options.GetValueOrDefault("PARSE_HEADER", "FALSE").Equals("TRUE", StringComparison.OrdinalIgnoreCase);
        var rows = new List<object?[]>();
        var fields = new List<object?>();
        for (var at = 0; at < text.Length;)
        {
            var field = new StringBuilder();
            var enclosed = quote != '\0' && text[at] == quote;
            if (enclosed)
            {
                at++;
                while (true)
                {
                    if (at >= text.Length) throw new ModelError(100066, "22000", "Found character end of file instead of field delimiter");
                    if (enclosedEscape != '\0' && text[at] == enclosedEscape && at + 1 < text.Length) field.Append(Unescaped(text[++at]));
                    else if (text[at] != quote) field.Append(text[at]);
                    else if (at + 1 < text.Length && text[at + 1] == quote) field.Append(text[at++]);
                    else break;
                    at++;
                }
                at++;
                if (at < text.Length && text[at] != delimiter && text[at] is not ('\r' or '\n')) throw new ModelError(100065, "22000", $"Found character '{text[at]}' instead of field delimiter '{delimiter}'");
            }
            else
            {
                var start = at;
                while (at < text.Length && text[at] != delimiter && text[at] is not ('\r' or '\n')) at++;
                field.Append(text, start, at - start);
            }
            var raw = field.ToString();
            object? value = nullIf.Contains(raw) || (!enclosed && emptyIsNull && raw.Length == 0) ? null : enclosed || escape == '\0' ? raw : Unescape(raw, escape);
            fields.Add(value);
            if (at < text.Length && text[at] == delimiter)
            {
                at++;
                if (at == text.Length) fields.Add(emptyIsNull ? null : "");
                else continue;
            }
            if (at < text.Length && text[at] == '\r') at++;
            if (at < text.Length && text[at] == '\n') at++;
            if (parseHeader && header is null) header = [.. fields.Select(f => (string)(f ?? ""))];
            else if (!parseHeader && skip > 0) skip--;
            else rows.Add([.. fields]);
            fields.Clear();
        }
        return rows;
    }

    private static string Unescape(string text, char escape)
    {
        if (!text.Contains(escape, StringComparison.Ordinal)) return text;
        var plain = new StringBuilder();
        for (var i = 0; i < text.Length; i++) plain.Append(text[i] == escape && i + 1 < text.Length ? Unescaped(text[++i]) : text[i]);
        return plain.ToString();
    }

    private static char Unescaped(char c) => c switch { 'n' => '\n', 't' => '\t', 'r' => '\r', _ => c };
}
