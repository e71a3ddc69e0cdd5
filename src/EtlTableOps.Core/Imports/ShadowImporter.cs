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
/// Adds rows to a shadow, all of them or none, with the content that came in: the test later expects the declared change of the live table plus exactly
/// this. One transaction, or, where the database has one writer at a time, as many as the stall budget asks for.
/// </summary>
internal sealed class ShadowImporter(EtlDatabase database, IRunObserver observer)
{
    private const string Operation = "import";

    public async Task<PreparedOperation<ShadowTable>> PrepareAsync(ImportRequest request, CancellationToken token)
    {
        if (new object?[] { request.Rows, request.Staged, request.FromTable, request.Query }.Count(s => s is not null) != 1)
            throw new EtlException(ErrorCode.BadInput, "An import takes exactly one source: a file, a stage or objects, a table, or a query.");
        var scope = await TableScope.ReadAsync(database, request.Table, token).ConfigureAwait(false);
        await using (scope.ConfigureAwait(false))
        {
            var record = await scope.RequireShadowAsync(token).ConfigureAwait(false);
            var shadow = await scope.RequireTableAsync(record.Incoming, token).ConfigureAwait(false);
            var source = await ReadAsync(scope, record, shadow, request, token).ConfigureAwait(false);
            var columns = source.Columns.Count == 0 ? "its columns by their names" : string.Join(", ", source.Columns.Select(c => c.Name));
            var plan = new Plan(Operation, scope.Live.Name, record.Id,
            [
                new PlanStep(Operation, $"Add the rows of {source.Name} to {record.Incoming} ({columns})", source.Statements) { CountsRows = true },
            ])
            {
                Summary = $"Import {source.Name} into shadow table {record.Incoming} of {record.Live}",
                Notes = source.Notes,
            };
            return new PreparedOperation<ShadowTable>(plan, t => RunAsync(request, record, source, t));
        }
    }

    /// <summary>What is imported, matched with the shadow's columns.</summary>
    private static async Task<ImportSource> ReadAsync(TableScope scope, SwapRecord record, TableShape shadow, ImportRequest request, CancellationToken token)
    {
        if (request.Staged is { } files) return await StagedImport.ReadAsync(scope, files, shadow, (names, source) => Columns(scope, record, shadow, names, source), token).ConfigureAwait(false);
        var (source, names) = await ReadSourceAsync(scope, request, token).ConfigureAwait(false);
        var (columns, numbered) = Columns(scope, record, shadow, names, source);
        IReadOnlyList<Sql> statements = request.Rows is null ? Statements(scope, request, shadow, names, columns, numbered) : [];
        return new ImportSource(source, [.. columns, .. numbered.Select(n => n.Column)], numbered, statements);
    }

    private static (List<Column> Columns, List<(Column Column, SqlText Next)> Numbered) Columns(TableScope scope, SwapRecord record, TableShape shadow, IReadOnlyList<string> names, string source)
    {
        var columns = Match(shadow, names, source);
        return (columns, ChooseNumbers(scope, record, shadow, columns, source));
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

    /// <summary>The statements that take the rows of a table or query: straight into the shadow, or aside, where the shadow is filled in many transactions.</summary>
    private static IReadOnlyList<Sql> Statements(TableScope scope, ImportRequest request, TableShape shadow, IReadOnlyList<string> names, List<Column> columns, List<(Column Column, SqlText Next)> numbered)
    {
        var from = request.FromTable is { } table
            ? SqlText.Write(scope.Dialect, $"{TableName.Parse(table, scope.Dialect.Folding)}")
            : new SqlText($"{SqlText.InParentheses(request.Query!)} AS q");
        var values = names.Select(n => SqlText.Write(scope.Dialect, $"{new Id(n)}")).ToList();
        return scope.Dialect.ImportNotes is IImportChunks chunks
            ? chunks.StageRows(values, from)
            : [scope.Dialect.InsertRows(shadow.Name, [.. columns, .. numbered.Select(n => n.Column)], [.. values, .. numbered.Select(n => n.Next)], from)];
    }

    private async Task<ShadowTable> RunAsync(ImportRequest request, SwapRecord planned, ImportSource source, CancellationToken token)
    {
        var watch = Stopwatch.StartNew();
        var scope = await TableScope.WorkAsync(database, planned.Live, Operation, token).ConfigureAwait(false);
        await using (scope.ConfigureAwait(false))
        {
            var record = await scope.RereadAsync(planned, token).ConfigureAwait(false);
            var shadow = await scope.RequireTableAsync(record.Incoming, token).ConfigureAwait(false);
            var blueprint = await new BlueprintResolver(scope.Session, scope.Live).ResolveAsync(record, SwitchRequest.DefaultStallBudget, token).ConfigureAwait(false);
            if (request.Staged is { LocalFile: not null } local)
            {
                request = request with { Staged = await StagedImport.UploadAsync(scope, local, shadow, observer, token).ConfigureAwait(false) };
                source = await ReadAsync(scope, record, shadow, request, token).ConfigureAwait(false) with { Name = local.Name };
            }
            var title = $"Import {source.Name}";
            var shown = request.Rows is null ? source.Statements : [new Sql($"-- bulk load of {source.Name}")];
            observer.OnEvent(new StepStarted(Operation, Operation, title));
            long rows;
            if (scope.Dialect.ImportNotes is IImportChunks chunks)
            {
                var given = request.Rows ?? await StageAsync(scope.Session, chunks, source.Name, source.Columns, source.Statements, token).ConfigureAwait(false);
                try
                {
                    (record, rows) = await new ChunkedImport(scope, chunks, observer)
                        .RunAsync(record, shadow, blueprint, source.Name, shown, source.Columns, writer => PumpAsync(scope.Session, given, shadow, source, writer, title, token), token).ConfigureAwait(false);
                }
                finally
                {
                    if (given != request.Rows) await given.DisposeAsync().ConfigureAwait(false);
                }
            }
            else
            {
                (record, rows) = await InOneAsync(scope, request, record, shadow, blueprint, source, shown, watch, token).ConfigureAwait(false);
            }
            observer.OnEvent(new StepFinished(Operation, Operation, title, watch.Elapsed, rows));
            return ShadowBuilder.Describe(database, record, watch.Elapsed, rows, 0) with { Cost = await scope.Session.ReadCostAsync(observer, token).ConfigureAwait(false) };
        }
    }

    /// <summary>One transaction for all of it.</summary>
    private async Task<(SwapRecord Record, long Rows)> InOneAsync(
        TableScope scope, ImportRequest request, SwapRecord record, TableShape shadow, ShadowBlueprint blueprint, ImportSource source, IReadOnlyList<Sql> shown, Stopwatch watch, CancellationToken token)
    {
        var session = scope.Session;
        var whole = blueprint.ActualContent(scope.Dialect) with { ExceptLogged = null };
        var transaction = await Patience.BeginWriteAsync(session, token).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            foreach (var sql in scope.Dialect.SuspendLog(blueprint.Guard)) await session.ExecuteAsync(sql, token).ConfigureAwait(false);
            var before = scope.Dialect.OwnRows is null ? await session.ReadContentAsync(whole, token).ConfigureAwait(false) : default;
            var rows = await LoadAsync(session, request, shadow, source, token).ConfigureAwait(false);
            var after = await session.ReadContentAsync(whole with { Where = scope.Dialect.OwnRows }, token).ConfigureAwait(false);
            if (record.Details.Feed != Feeds.FeedKind.None && scope.Dialect.ImportNotes is { } dialect)
            {
                var notes = ChunkedImport.NotesOf(record, shadow);
                if (record.Details.ImportNotes is null) foreach (var sql in dialect.InstallNotes(notes, shadow)) await session.ExecuteAsync(sql, token).ConfigureAwait(false);
                if (dialect.NoteOwnRows(notes) is { } note) await session.ExecuteAsync(note, token).ConfigureAwait(false);
                record = record with { Details = record.Details with { ImportNotes = notes } };
            }
            foreach (var sql in scope.Dialect.ResumeLog(blueprint.Guard)) await session.ExecuteAsync(sql, token).ConfigureAwait(false);
            record = await scope.Journal.UpdateAsync(record.WithImport(source.Name, after - before), token).ConfigureAwait(false);
            await scope.Journal.AppendAsync(record.Id, Operation, Operation, shown, rows, watch.Elapsed, token).ConfigureAwait(false);
            await transaction.CommitAsync(token).ConfigureAwait(false);
            await scope.Session.ExecuteAllAsync(scope.Dialect.SettleLog(blueprint.Guard), CancellationToken.None).ConfigureAwait(false);
            return (record, rows);
        }
    }

    private async Task<IRowSource> StageAsync(IEngineSession session, IImportChunks dialect, string source, IReadOnlyList<Column> columns, IReadOnlyList<Sql> statements, CancellationToken token)
    {
        var apart = await session.OpenAnotherAsync(token).ConfigureAwait(false);
        try
        {
            var rows = 0L;
            foreach (var sql in statements)
            {
                observer.OnEvent(new StatementRun(sql.Text));
                rows = await apart.ExecuteAsync(sql, token).ConfigureAwait(false);
            }
            return new StagedRows(source, [.. columns.Select(c => c.Name)], apart, dialect.ReadStaged(columns.Count)) { Length = rows };
        }
        catch
        {
            await apart.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task<long> LoadAsync(IEngineSession session, ImportRequest request, TableShape shadow, ImportSource source, CancellationToken token)
    {
        if (request.Rows is { } given)
        {
            var writer = await session.BeginBulkLoadAsync(shadow, source.Columns, token).ConfigureAwait(false);
            await using (writer.ConfigureAwait(false))
            {
                return await PumpAsync(session, given, shadow, source, writer, $"Import {source.Name}", token).ConfigureAwait(false);
            }
        }
        var rows = 0L;
        foreach (var sql in source.Statements)
        {
            observer.OnEvent(new StatementRun(sql.Text));
            rows += request.Staged is { } files
                ? await session.StagedLoads!.LoadAsync(sql, files, shadow, source.Columns, token).ConfigureAwait(false)
                : await session.ExecuteAsync(sql, token).ConfigureAwait(false);
        }
        return rows;
    }

    private async Task<long> PumpAsync(IEngineSession session, IRowSource rows, TableShape shadow, ImportSource source, IBulkWriter writer, string title, CancellationToken token)
    {
        var (columns, numbered) = (source.Columns, source.Numbered);
        try
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
