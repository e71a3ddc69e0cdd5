using System.Diagnostics;
using EtlTableOps.Checks;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Journal;
using EtlTableOps.Observability;
using EtlTableOps.Plans;
using EtlTableOps.Shadows;
using EtlTableOps.Tables;

namespace EtlTableOps.Imports;

/// <summary>
/// Adds rows to a shadow, all of them or none, in one transaction with the content that came in: the test later expects the declared change of
/// the live table plus exactly this.
/// </summary>
internal sealed class ShadowImporter(EtlDatabase database, IRunObserver observer)
{
    private const string Operation = "import";

    public async Task<PreparedOperation<ShadowTable>> PrepareAsync(ImportRequest request, CancellationToken token)
    {
        if (new object?[] { request.Rows, request.FromTable, request.Query }.Count(s => s is not null) != 1)
            throw new EtlException(ErrorCode.BadInput, "An import takes exactly one source: a file or objects, a table, or a query.");
        var scope = await TableScope.ReadAsync(database, request.Table, token).ConfigureAwait(false);
        await using (scope.ConfigureAwait(false))
        {
            var record = await scope.RequireShadowAsync(token).ConfigureAwait(false);
            var shadow = await scope.RequireTableAsync(record.Incoming, token).ConfigureAwait(false);
            var (source, names) = await ReadSourceAsync(scope, request, token).ConfigureAwait(false);
            var columns = Match(shadow, names, source);
            var numbered = ChooseNumbers(scope, record, shadow, columns, source);
            columns.AddRange(numbered.Select(n => n.Column));
            var insert = request.Rows is null ? Insert(scope, request, shadow, names, columns, numbered) : null;
            var plan = new Plan(Operation, scope.Live.Name, record.Id,
            [
                new PlanStep(Operation, $"Add the rows of {source} to {record.Incoming} ({string.Join(", ", columns.Select(c => c.Name))})", insert is null ? [] : [insert]) { CountsRows = true },
            ])
            {
                Summary = $"Import {source} into shadow table {record.Incoming} of {record.Live}",
            };
            return new PreparedOperation<ShadowTable>(plan, t => RunAsync(request, record, source, columns, numbered, insert, t));
        }
    }

    private static async Task<(string Source, IReadOnlyList<string> Columns)> ReadSourceAsync(TableScope scope, ImportRequest request, CancellationToken token)
    {
        if (request.Rows is { } rows)
        {
            try
            {
                return (rows.Name, await rows.ReadColumnsAsync(token).ConfigureAwait(false));
            }
            catch (BadValueException e)
            {
                throw Bad(rows, e);
            }
        }
        if (request.FromTable is { } text)
        {
            var name = TableName.Parse(text, scope.Dialect.Folding);
            var table = await scope.RequireTableAsync(name, token).ConfigureAwait(false);
            return ($"table {table.Name}", [.. table.Columns.Select(c => c.Name)]);
        }
        try
        {
            var described = await scope.Session.DescribeQueryAsync(new Sql($"SELECT * FROM {SqlText.InParentheses(request.Query!)} AS q"), token).ConfigureAwait(false);
            return ("a query", [.. described.Select(c => c.Name)]);
        }
        catch (EtlException e) when (e.Code == ErrorCode.StatementFailed)
        {
            throw new EtlException(ErrorCode.BadInput, e, $"The query is not accepted by the database: {e.Cause}");
        }
    }

    private static List<Column> Match(TableShape shadow, IReadOnlyList<string> names, string source)
    {
        var columns = new List<Column>();
        foreach (var name in names)
        {
            var column = shadow.FindColumn(name)
                ?? throw new EtlException(ErrorCode.BadInput, $"{source} has a column '{name}', which the shadow table {shadow.Name} has not. Its columns: {string.Join(", ", shadow.Columns.Select(c => c.Name))}.");
            if (column.IsGenerated) throw new EtlException(ErrorCode.BadInput, $"{source} has a column '{name}', which the database generates by itself. Leave it out.");
            if (columns.Contains(column)) throw new EtlException(ErrorCode.BadInput, $"{source} has column '{name}' twice.");
            columns.Add(column);
        }
        var missing = shadow.Columns.FirstOrDefault(c => c is { Nullable: false, Default: null, Identity: null, IsGenerated: false } && !columns.Contains(c) && !IsAutoKey(shadow, c));
        return missing is null
            ? columns
            : throw new EtlException(ErrorCode.BadInput, $"{source} has no column '{missing.Name}', which takes no null and has no default.");
    }

    /// <summary>
    /// Columns that the database numbers and the source leaves out. The shadow's own numbers would meet those that the live table has given out, or
    /// will: so they are taken from where the live table takes its own, or the import is refused.
    /// </summary>
    private static List<(Column Column, SqlText Next)> ChooseNumbers(TableScope scope, SwapRecord record, TableShape shadow, List<Column> columns, string source)
    {
        var numbered = new List<(Column, SqlText)>();
        foreach (var column in shadow.Columns.Where(c => !columns.Contains(c) && (c.Identity is not null || IsAutoKey(shadow, c))))
        {
            if (scope.Live.FindColumn(column.Name) is { } own && scope.Dialect.NextNumber(scope.Live, own) is { } next)
            {
                numbered.Add((column, next));
            }
            else if (!record.Details.Change.StructureOnly && (column.Identity is not null || record.Details.Feed != Feeds.FeedKind.None))
            {
                throw new EtlException(ErrorCode.BadInput,
                    $"{source} has no column '{column.Name}', which the database numbers by itself: the shadow's numbers would meet those of rows that come into the live table meanwhile. Give the numbers in the source, or build the shadow with -Feed None.");
            }
        }
        return numbered;
    }

    // An engine may number a sole whole-number key by itself without calling it identity; then it is the database that decides.
    private static bool IsAutoKey(TableShape shadow, Column column) =>
        shadow.RowKey is { IsPrimary: true, Columns: [var only] } && only == column.Name && column.Type.Equals("INTEGER", StringComparison.OrdinalIgnoreCase);

    private static Sql Insert(TableScope scope, ImportRequest request, TableShape shadow, IReadOnlyList<string> names, List<Column> columns, List<(Column Column, SqlText Next)> numbered)
    {
        var from = request.FromTable is { } table
            ? SqlText.Write(scope.Dialect, $"{TableName.Parse(table, scope.Dialect.Folding)}")
            : new SqlText($"{SqlText.InParentheses(request.Query!)} AS q");
        return scope.Dialect.InsertRows(shadow.Name, columns, [.. names.Select(n => SqlText.Write(scope.Dialect, $"{new Id(n)}")), .. numbered.Select(n => n.Next)], from);
    }

    private async Task<ShadowTable> RunAsync(ImportRequest request, SwapRecord planned, string source, IReadOnlyList<Column> columns, List<(Column Column, SqlText Next)> numbered, Sql? insert, CancellationToken token)
    {
        var watch = Stopwatch.StartNew();
        var scope = await TableScope.WorkAsync(database, planned.Live, token).ConfigureAwait(false);
        await using (scope.ConfigureAwait(false))
        {
            var record = await scope.RereadAsync(planned, token).ConfigureAwait(false);
            var shadow = await scope.RequireTableAsync(record.Incoming, token).ConfigureAwait(false);
            var blueprint = await new BlueprintResolver(scope.Session, scope.Live).ResolveAsync(record, SwitchRequest.DefaultStallBudget, token).ConfigureAwait(false);
            var whole = blueprint.ActualContent(scope.Dialect) with { ExceptLogged = null };
            var title = $"Import {source}";
            observer.OnEvent(new StepStarted(Operation, Operation, title));
            long rows;
            var transaction = await Patience.BeginWriteAsync(scope.Session, token).ConfigureAwait(false);
            await using (transaction.ConfigureAwait(false))
            {
                foreach (var sql in scope.Dialect.SuspendLog(blueprint.Guard)) await scope.Session.ExecuteAsync(sql, token).ConfigureAwait(false);
                var before = scope.Dialect.OwnRows is null ? await scope.Session.ReadContentAsync(whole, token).ConfigureAwait(false) : default;
                rows = await LoadAsync(scope.Session, request, shadow, columns, numbered, insert, title, token).ConfigureAwait(false);
                var after = await scope.Session.ReadContentAsync(whole with { Where = scope.Dialect.OwnRows }, token).ConfigureAwait(false);
                foreach (var sql in scope.Dialect.ResumeLog(blueprint.Guard)) await scope.Session.ExecuteAsync(sql, token).ConfigureAwait(false);
                record = await scope.Journal.UpdateAsync(record with
                {
                    State = SwapState.Built,
                    Details = record.Details with
                    {
                        Rows = record.Details.Rows + rows,
                        Imports = [.. record.Details.Imports, new ImportRecord(source, (after - before).ToString(), DateTime.UtcNow)],
                        Proof = null,
                    },
                }, token).ConfigureAwait(false);
                await scope.Journal.AppendAsync(record.Id, Operation, Operation, insert is null ? [new Sql($"-- bulk load of {source}")] : [insert], rows, watch.Elapsed, token).ConfigureAwait(false);
                await transaction.CommitAsync(token).ConfigureAwait(false);
                await scope.Session.ExecuteAllAsync(scope.Dialect.SettleLog(blueprint.Guard), CancellationToken.None).ConfigureAwait(false);
            }
            observer.OnEvent(new StepFinished(Operation, Operation, title, watch.Elapsed, rows));
            return ShadowBuilder.Describe(database, record, watch.Elapsed, rows, 0);
        }
    }

    private async Task<long> LoadAsync(IEngineSession session, ImportRequest request, TableShape shadow, IReadOnlyList<Column> columns, List<(Column Column, SqlText Next)> numbered, Sql? insert, string title, CancellationToken token)
    {
        if (insert is not null)
        {
            observer.OnEvent(new StatementRun(insert.Text));
            return await session.ExecuteAsync(insert, token).ConfigureAwait(false);
        }
        var rows = request.Rows!;
        try
        {
            var writer = await session.BeginBulkLoadAsync(shadow, columns, token).ConfigureAwait(false);
            await using (writer.ConfigureAwait(false))
            {
                if (numbered.Count == 0) return await new RowPump(rows, columns.Count, writer, observer, Operation, title).RunAsync(token).ConfigureAwait(false);
                // Numbers are asked for on a session of their own: this one is busy with the load.
                var apart = await session.OpenAnotherAsync(token).ConfigureAwait(false);
                var counted = new NumberedRows(rows, columns.Count - numbered.Count, apart, [.. numbered.Select(n => apart.Dialect.TakeNumbers(n.Next))]);
                await using (counted.ConfigureAwait(false))
                {
                    return await new RowPump(counted, columns.Count, writer, observer, Operation, title).RunAsync(token).ConfigureAwait(false);
                }
            }
        }
        catch (BadValueException e)
        {
            throw Bad(rows, e);
        }
        catch (EtlException e) when (session.Classify(e) == FailureKind.BadData)
        {
            throw new EtlException(ErrorCode.ImportFailed, e, shadow.Name, e.Cause);
        }
    }

    private static EtlException Bad(IRowSource rows, BadValueException e) =>
        new(ErrorCode.BadRow, e, rows.Name, e.Data["line"] ?? rows.Line, e.Column.Length > 0 ? e.Column : "(row)", e.Message);
}
