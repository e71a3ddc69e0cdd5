using System.CommandLine;
using System.Text;
using EtlTableOps.Cli.Output;
using EtlTableOps.Composition;
using EtlTableOps.Errors;
using EtlTableOps.Imports;
using EtlTableOps.Observability;

namespace EtlTableOps.Cli.Commands;

/// <summary><c>import</c>: adds rows to the shadow.</summary>
internal static class ImportCommand
{
    private const string StandardInput = "-";

    public static Command Create()
    {
        var table = CommonOptions.Table();
        var file = new Option<string?>("--file", "-f") { Description = "A file of rows: .csv .tsv .txt .jsonl .ndjson, each with .gz too, .parquet where the database reads it; - is the standard input.", HelpName = "path" };
        var fromStage = new Option<string?>("--from-stage") { Description = "Files of a stage, which the database reads by itself; with --file-format.", HelpName = "@stage/path" };
        var fileFormat = new Option<string?>("--file-format") { Description = "What the files of a stage are: csv, json or parquet, or the name of a file format that the database keeps.", HelpName = "format" };
        var pattern = new Option<string?>("--pattern") { Description = "A regular expression that the whole paths of the stage's files must match.", HelpName = "regex" };
        var fromTable = new Option<string?>("--from-table") { Description = "Another table of the same database.", HelpName = "table" };
        var query = new Option<string?>("--query") { Description = "A SQL query of the same database.", HelpName = "sql" };
        var format = new Option<RowFileFormat?>("--format")
        {
            Description = "csv, jsonl or parquet, where the file's name does not say it; the standard input is csv when left out.",
            HelpName = "format",
            CustomParser = result =>
            {
                switch (CommonOptions.Single(result).ToLowerInvariant())
                {
                    case "csv" or "tsv":
                        return RowFileFormat.Csv;
                    case "jsonl" or "ndjson" or "jsonlines":
                        return RowFileFormat.JsonLines;
                    case "parquet":
                        return RowFileFormat.Parquet;
                    default:
                        result.AddError($"'{CommonOptions.Single(result)}' is no format: csv, jsonl or parquet.");
                        return null;
                }
            },
        };
        var delimiter = new Option<string?>("--delimiter") { Description = "What separates fields; \\t is a tab.", HelpName = "text" };
        var encoding = new Option<string?>("--encoding") { Description = "The encoding of a file without a byte order mark; UTF-8 when left out.", HelpName = "name" };
        var nullText = new Option<string?>("--null-text") { Description = "The unquoted text that means null; the empty text when left out.", HelpName = "text" };
        var columns = new Option<string[]>("--columns") { Description = "The columns of a file without a header line, with commas between them; of parquet, and of json in a stage, the columns that are wanted.", HelpName = "names", CustomParser = result => CommonOptions.Single(result).Split(',', StringSplitOptions.TrimEntries) };

        var command = new Command("import", "Bulk-adds rows to the shadow from a file, the standard input, a stage, a table or a query. A bad row leaves nothing of the import behind.")
        {
            table, file, fromStage, fileFormat, pattern, fromTable, query, format, delimiter, encoding, nullText, columns,
        }.Changing();
        command.Validators.Add(result =>
        {
            var sources = new[] { file, fromStage, fromTable, query }.Count(option => result.GetValue(option) is not null);
            if (sources != 1) result.AddError("Give exactly one of --file, --from-stage, --from-table and --query.");
            else if ((result.GetValue(fromStage) is null) != (result.GetValue(fileFormat) is null)) result.AddError("--from-stage and --file-format go together.");
            else if (result.GetValue(fromStage) is null && result.GetValue(pattern) is not null) result.AddError("--pattern goes with --from-stage.");
        });
        CommandRun.Bind(command, async run =>
        {
            var given = run.Parsed;
            var path = given.GetValue(file);
            var options = new RowFileOptions
            {
                Format = given.GetValue(format),
                Delimiter = given.GetValue(delimiter)?.Replace("\\t", "\t", StringComparison.Ordinal),
                Encoding = FindEncoding(given.GetValue(encoding)),
                NullText = given.GetValue(nullText),
                // An array option that was not given is an empty array.
                Columns = given.GetValue(columns) is { Length: > 0 } names ? names : null,
            };
            var staged = given.GetValue(fromStage) is { } location
                ? new StagedFiles { Location = location, Format = given.GetValue(fileFormat), Pattern = given.GetValue(pattern), Columns = options.Columns }
                : path is null or StandardInput ? null : RowSources.ForDatabase(path, options);
            await using var rows = path is null || staged is not null ? null : Open(path, options);
            var request = new ImportRequest(given.GetRequiredValue(table)) { Rows = rows, Staged = staged, FromTable = given.GetValue(fromTable), Query = given.GetValue(query) };
            return await run.ChangeAsync(
                Question.None,
                (operations, token) => operations.ImportAsync(request, token),
                shadow => JsonLine.Success(command.Name, shadow),
                shadow => run.Text.Show(
                    shadow,
                    $"{Figures.Rows(shadow.RowsDone)} imported into {shadow.Shadow} in {Human.Duration(shadow.Elapsed)} ({Figures.Rate(shadow.Rate)})",
                    $"etl-table-ops test {ResultText.Argument(shadow.Table)}"));
        });
        return command;
    }

    private static IRowSource Open(string path, RowFileOptions options) => path == StandardInput
        ? RowSources.Open(Console.OpenStandardInput(), "standard input", options with { Format = options.Format ?? RowFileFormat.Csv })
        : RowSources.Open(path, options);

    private static Encoding? FindEncoding(string? name)
    {
        if (name is null) return null;
        try
        {
            return Encoding.GetEncoding(name);
        }
        catch (ArgumentException e)
        {
            throw new EtlException(ErrorCode.BadInput, e, $"'{name}' is no encoding that is known here.");
        }
    }
}
