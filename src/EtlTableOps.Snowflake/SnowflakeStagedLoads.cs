using System.Globalization;
using System.Text.RegularExpressions;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Imports;
using EtlTableOps.Tables;

namespace EtlTableOps.Snowflake;

/// <summary>Loads files of a stage by one COPY INTO, and local Parquet files through a temporary stage.</summary>
internal sealed partial class SnowflakeStagedLoads(SnowflakeSession session, Func<TableName, SnowflakeUpload> upload) : IStagedLoads
{
    private static SnowflakeDialect Dialect => SnowflakeDialect.Instance;

    /// <inheritdoc/>
    public async Task<StagedFiles> UploadAsync(StagedFiles files, TableName table, CancellationToken token)
    {
        // PUT takes * and ? for any characters.
        var file = Path.GetFullPath(files.LocalFile!);
        if (file.AsSpan().ContainsAny('*', '?')) throw new EtlException(ErrorCode.BadInput, $"The name of the file '{file}' has a * or ? in it, which an upload would take for other files as well. Rename it.");
        var stage = SqlText.Write(Dialect, $"{SnowflakeUpload.NewStage(table)}");
        await session.ExecuteAsync(new Sql($"CREATE TEMPORARY STAGE {stage}"), token).ConfigureAwait(false);
        await upload(table).PutAsync(file, stage, "NONE", token).ConfigureAwait(false);
        return files with { LocalFile = null, Location = "@" + stage };
    }

    /// <inheritdoc/>
    public async Task<StagedColumns> ReadColumnsAsync(StagedFiles files, TableName table, CancellationToken token)
    {
        if (!StageName().IsMatch(files.Location!) || files.Location!.Contains("--", StringComparison.Ordinal) || files.Location.Contains("//", StringComparison.Ordinal))
            throw new EtlException(ErrorCode.BadInput, $"'{files.Location}' names no files of a stage: write @stage/path, with the stage's schema where it is not the session's, and letters, digits and . _ - = / in the path. The stage of a table (@%name) cannot be read by columns; copy its files to a named stage.");
        var (kind, header) = await KindAsync(files, token).ConfigureAwait(false);
        if (files.Columns is { } given) return new StagedColumns(given, kind == "CSV" ? StagedWay.Place : StagedWay.Name);
        if (kind == "CSV" && !header)
            throw new EtlException(ErrorCode.BadInput, $"The file format {files.Format} does not read a header line (PARSE_HEADER), so nobody says which columns the fields are: name them in their order (-Header, --columns).");

        var format = SnowflakeDialect.KindOf(files.Format) is null ? files.Format! : await MakeFormatAsync(files, table, token).ConfigureAwait(false);
        var names = await session.QueryAsync(Dialect.StagedColumns(files.Location, format), r => r.GetString(0), token).ConfigureAwait(false);
        return names.Count > 0
            ? new StagedColumns([.. names.Distinct(StringComparer.Ordinal)], kind == "CSV" ? StagedWay.Header : StagedWay.Name)
            : throw new EtlException(ErrorCode.BadInput, $"{files.Name} holds no file with columns.");
    }

    /// <inheritdoc/>
    public Sql Load(StagedFiles files, StagedColumns found, TableShape table, IReadOnlyList<Column> columns, IReadOnlyList<(Column Column, SqlText Next)> numbered)
    {
        if (found.Way == StagedWay.Header && (numbered.Count > 0 ? numbered[0].Column : table.Columns.FirstOrDefault(c => (c.Default ?? c.Identity) is not null && !columns.Contains(c))) is { } left)
            throw new EtlException(ErrorCode.BadInput, $"{files.Name} has no column '{left.Name}'. A load by the header line would make it null and not give it its default: put it into the files, or use a file format that skips the header and name the columns (-Header, --columns).");
        return Dialect.CopyStaged(files, found, table.Name, columns, numbered);
    }

    /// <inheritdoc/>
    public async Task<long> LoadAsync(Sql load, StagedFiles files, TableShape table, IReadOnlyList<Column> columns, CancellationToken token)
    {
        IReadOnlyList<(long Rows, string Status)> loaded;
        try
        {
            // One row for each file; without any it is a row that only says so.
            loaded = await session.ShowAsync(load, row => (row.Number("rows_loaded", -1), row["status"]), token).ConfigureAwait(false);
        }
        catch (EtlException e) when (SnowflakeCopyFailure.Of(e) is not null)
        {
            var refused = SnowflakeCopyFailure.Of(e)!;
            var column = refused.ColumnOf([.. columns.Select(c => c.Name)]);
            throw new EtlException(ErrorCode.BadRow, e, refused.File, refused.Line, column.Length > 0 ? column : "(row)", refused.Why);
        }
        catch (EtlException e) when (session.Classify(e) == FailureKind.BadData)
        {
            throw new EtlException(ErrorCode.ImportFailed, e, table.Name, e.Message);
        }
        var read = loaded.Where(f => f.Rows >= 0).ToList();
        if (read.Count == 0) throw new EtlException(ErrorCode.ImportFailed, table.Name, $"{files.Name} holds no file to load");
        return read.Find(f => f.Status is not ("LOADED" or "")) is { Status.Length: > 0 } other
            ? throw new EtlException(ErrorCode.ImportFailed, table.Name, $"the server says of a file of {files.Name} that it is {other.Status}")
            : read.Sum(f => f.Rows);
    }

    /// <summary>What the files are, and whether separated ones say their columns in the first line.</summary>
    private async Task<(string Kind, bool Header)> KindAsync(StagedFiles files, CancellationToken token)
    {
        if (files.Format is not { Length: > 0 } format) throw new EtlException(ErrorCode.BadInput, $"What are the files of {files.Name}? Say CSV, JSON or PARQUET, or name a file format (-FileFormat, --file-format).");
        if (SnowflakeDialect.KindOf(format) is { } kind) return (kind, kind == "CSV");
        if (!FormatName().IsMatch(format)) throw new EtlException(ErrorCode.BadInput, $"'{format}' is neither CSV, JSON nor PARQUET and no name of a file format.");
        var facts = await session.ShowAsync(new Sql($"DESCRIBE FILE FORMAT {format}"), row => (Name: row["property"], Value: row["property_value"]), token).ConfigureAwait(false);
        string Of(string name) => facts.FirstOrDefault(f => f.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Value ?? "";
        return (Of("TYPE").ToUpperInvariant(), Of("PARSE_HEADER").Equals("true", StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>The names in files are told for a format that has a name alone, so one of this session is made.</summary>
    private async Task<string> MakeFormatAsync(StagedFiles files, TableName table, CancellationToken token)
    {
        var name = SqlText.Write(Dialect, $"{table with { Name = "ETLTABLEOPS_FORMAT_" + Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture).ToUpperInvariant() }}").Text;
        try
        {
            await session.ExecuteAsync(new Sql($"CREATE TEMPORARY FILE FORMAT {name} {SnowflakeDialect.InlineFormat(files)}"), token).ConfigureAwait(false);
        }
        catch (EtlException e) when (session.Classify(e) == FailureKind.NotPermitted)
        {
            throw new EtlException(ErrorCode.NotPermitted, e, session.Info.User, e.InnerException?.Message ?? e.Message,
                "To read the columns' names a file format is made for the session alone: grant CREATE FILE FORMAT on the schema, name a file format that is there (-FileFormat, --file-format), or name the columns (-Header, --columns).");
        }
        return name;
    }

    [GeneratedRegex("""^@(~|(?:[A-Za-z_][\w$]*|"(?:[^"]|"")+")(?:\.(?:[A-Za-z_][\w$]*|"(?:[^"]|"")+")){0,2})(/[\w./=$+:~-]*)?$""", RegexOptions.ECMAScript)]
    private static partial Regex StageName();

    [GeneratedRegex("""^(?:[A-Za-z_][\w$]*|"(?:[^"]|"")+")(?:\.(?:[A-Za-z_][\w$]*|"(?:[^"]|"")+")){0,2}$""", RegexOptions.ECMAScript)]
    private static partial Regex FormatName();
}
