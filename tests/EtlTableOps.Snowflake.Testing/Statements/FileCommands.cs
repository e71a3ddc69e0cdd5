using System.Globalization;
using System.Text.RegularExpressions;

namespace EtlTableOps.Snowflake.Testing;

/// <summary>PUT and COPY INTO a table.</summary>
internal static partial class FileCommands
{
    public static bool IsPut(string sql) => PutWord().IsMatch(sql);

    public static Statement Parse(string sql)
    {
        var parts = PutText().Match(sql);
        if (!parts.Success) throw ModelError.Syntax(sql, 0, "PUT");
        var source = parts.Groups["quoted"].Success ? parts.Groups["quoted"].Value.Replace("\\'", "'", StringComparison.Ordinal).Replace("\\\\", "\\", StringComparison.Ordinal) : parts.Groups["plain"].Value;
        var stage = parts.Groups["stage"].Value;
        var options = Option().Matches(parts.Groups["options"].Value).ToDictionary(m => m.Groups[1].Value.ToUpperInvariant(), m => m.Groups[2].Value.Trim('\''), StringComparer.Ordinal);
        return new Statement("PUT_FILES", StatementClass.Session, r =>
        {
            var folder = StageRows.Folder(r, stage);
            Directory.CreateDirectory(folder);
            return () => new ModelResult
            {
                Columns = [.. "source target source_size target_size source_compression target_compression status message".Split(' ').Select(n => new ResultColumn(n, SfType.Text))],
                Rows = [],
                StatementType = StatementTypes.PutFiles,
                Transfer = new FileTransfer(source, folder, !options.TryGetValue("AUTO_COMPRESS", out var compress) || !compress.Equals("FALSE", StringComparison.OrdinalIgnoreCase), options.TryGetValue("OVERWRITE", out var over) && over.Equals("TRUE", StringComparison.OrdinalIgnoreCase)),
            };
        });
    }

    public static Func<ModelResult> Copy(StatementRun run, Name name, IReadOnlyList<string>? columnNames, Query? query, StageSource? stage, IReadOnlyDictionary<string, string> options)
    {
        var table = run.Catalog.Target(name);
        run.Session.Require(table, "INSERT");
        run.FileOptions = options.Where(o => o.Key.StartsWith("FILE_FORMAT.", StringComparison.Ordinal)).ToDictionary(o => o.Key["FILE_FORMAT.".Length..], o => o.Value, StringComparer.Ordinal);
        if (options.TryGetValue("FILE_FORMAT", out var format)) run.FileOptions["FORMAT_NAME"] = format;
        if (!options.GetValueOrDefault("FORCE", "FALSE").Equals("TRUE", StringComparison.OrdinalIgnoreCase)) run.SkipFiles = table.LoadedFiles;
        if (options.TryGetValue("FILES", out var files)) run.OnlyFiles = [.. files.Split('\u0001')];
        if (options.TryGetValue("PATTERN", out var pattern)) run.FilePattern = pattern;
        if (options.TryGetValue("ON_ERROR", out var onError) && onError != "ABORT_STATEMENT") throw ModelError.Unsupported($"ON_ERROR = {onError} in this model");
        if (query is not null) run.FieldsAtLeast = 100;
        var binder = new Binder(run);
        var byName = options.TryGetValue("MATCH_BY_COLUMN_NAME", out var match) && match != "NONE";
        var relation = query is not null ? binder.BindQuery(query, null) : binder.MergeSource(stage!);
        var found = relation.Columns.Where(c => !c.Hidden).ToList();
        IReadOnlyList<ModelColumn> columns;
        Func<object?[], Bound[]> values;
        if (byName)
        {
            var pairs = StageRows.ByName(table, found, match == "CASE_SENSITIVE");
            columns = [.. pairs.Select(p => p.Column)];
            values = row => [.. pairs.Select(p => p.Value(row))];
        }
        else
        {
            columns = Dml.Columns(table, columnNames);
            if (found.Count != columns.Count && run.FilesRead.Count > 0)
            {
                if (query is not null) throw new ModelError(2020, "21S01", $"SQL compilation error:\nInsert value list does not match column list expecting {columns.Count} but got {found.Count}");
                throw new ModelError(100080, "22000", $"Number of columns in file ({found.Count}) does not match that of the corresponding table ({columns.Count}), use file format option error_on_column_count_mismatch=false to ignore this error");
            }
            values = row => [.. found.Select((c, i) => new Bound(c.Type, _ => row[i]))];
        }
        var writer = new RowWriter(run, binder, table, columns);
        return () =>
        {
            var changes = new Dictionary<long, object?[]?>();
            var count = 0L;
            try
            {
                foreach (var row in relation.Rows(null))
                {
                    if ((++count & 0xFF) == 0) run.Check();
                    changes[run.Session.Model.NextId()] = writer.New(values(row));
                }
            }
            catch (ModelError e) when (e.Code >= 100000 && run.FilesRead.Count > 0)
            {
                // A row that fails in the SELECT was not counted yet.
                var number = changes.Count + 1;
                var column = writer.Failing is { } bad ? $", column \"{table.Name}\"[\"{bad.Name}\":{table.Columns.IndexOf(bad) + 1}]" : "";
                (var file, number) = run.RowPlaces[number - 1];
                throw new ModelError(e.Code, e.SqlState, $"{e.Message}\n  File '{file}', line {number}, character 1\n  Row {number}{column}\n  If you would like to continue loading when an error is encountered, use other values such as 'SKIP_FILE' or 'CONTINUE' for the ON_ERROR option.");
            }
            Dml.Merge(run, table, changes);
            foreach (var file in run.FilesRead) table.LoadedFiles.Add(file);
            if (run.FilesRead.Count == 0) return ModelResult.Status("Copy executed with 0 files processed.", StatementTypes.Copy);
            return new ModelResult
            {
                Columns = [new("file", SfType.Text), new("status", SfType.Text), new("rows_parsed", SfType.Integer), new("rows_loaded", SfType.Integer), new("error_limit", SfType.Integer), new("errors_seen", SfType.Integer), new("first_error", SfType.Text), new("first_error_line", SfType.Integer), new("first_error_character", SfType.Integer), new("first_error_column_name", SfType.Text)],
                Rows = [.. run.FilesRead.Select((f, i) => new object?[] { f.Split('/')[^2], "LOADED", i == 0 ? (decimal)count : 0m, i == 0 ? (decimal)count : 0m, 1m, 0m, null, null, null, null })],
                StatementType = StatementTypes.Copy,
                Affected = count,
            };
        };
    }

    /// <summary>Does what a driver does at PUT: copies the files, compressed if asked; answers a row for each.</summary>
    public static ModelResult Carry(ModelResult result)
    {
        if (result.Transfer is not { } transfer) return result;
        var path = transfer.Source.StartsWith("file://", StringComparison.OrdinalIgnoreCase) ? transfer.Source[7..] : transfer.Source;
        var rows = new List<object?[]>();
        foreach (var file in Directory.GetFiles(Path.GetDirectoryName(path)!, Path.GetFileName(path)))
        {
            var compress = transfer.Compress && !file.EndsWith(".gz", StringComparison.Ordinal);
            var target = Path.Combine(transfer.Folder, Path.GetFileName(file) + (compress ? ".gz" : ""));
            var skipped = File.Exists(target) && !transfer.Overwrite;
            if (!skipped)
            {
                using var from = File.OpenRead(file);
                using var to = File.Create(target);
                if (compress)
                {
                    using var packed = new System.IO.Compression.GZipStream(to, System.IO.Compression.CompressionLevel.Fastest);
                    from.CopyTo(packed);
                }
                else from.CopyTo(to);
            }
            var (before, after) = (new FileInfo(file).Length, new FileInfo(target).Length);
            rows.Add([Path.GetFileName(file), Path.GetFileName(target), before.ToString(CultureInfo.InvariantCulture), after.ToString(CultureInfo.InvariantCulture), "NONE", compress ? "GZIP" : "NONE", skipped ? "SKIPPED" : "UPLOADED", null]);
        }
        if (rows.Count == 0) throw new ModelError(253006, "42601", $"File doesn't exist: {transfer.Source}");
        return new ModelResult { Columns = result.Columns, Rows = rows, StatementType = result.StatementType, QueryId = result.QueryId };
    }

    [GeneratedRegex(@"^\s*PUT\s", RegexOptions.IgnoreCase)]
    private static partial Regex PutWord();

    [GeneratedRegex(@"^\s*PUT\s+(?:'(?<quoted>(?:[^'\\]|\\.)*)'|(?<plain>\S+))\s+'?@(?<stage>(?:""[^""]*""|[^\s'])+)'?(?<options>.*?);?\s*$", RegexOptions.IgnoreCase | RegexOptions.Singleline)]
    private static partial Regex PutText();

    [GeneratedRegex(@"(\w+)\s*=\s*('[^']*'|\S+)")]
    private static partial Regex Option();
}
