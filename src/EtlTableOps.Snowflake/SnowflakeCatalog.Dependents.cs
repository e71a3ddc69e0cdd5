using System.Globalization;
using System.Text.RegularExpressions;
using EtlTableOps.Engines;
using EtlTableOps.Switching;
using EtlTableOps.Tables;

namespace EtlTableOps.Snowflake;

/// <content>
/// Finds what reads the table or is bound to it. The list of dependencies that the account keeps lags by up to three hours and leaves out tasks and pipes, so
/// objects of the database are looked through by their texts as well; other databases are not. SHOW ends in silence at its 10,000th row (SHOW, usage
/// notes), so a longer list is read schema by schema.
/// </content>
internal sealed partial class SnowflakeCatalog
{
    private const int MostRows = 10_000;

    private async Task<SnowflakeTable> WithDependentsAsync(SnowflakeTable table, List<string> unread, CancellationToken token)
    {
        var list = new List<Attachment>();
        var streams = new List<StreamFacts>();
        var stored = new List<(TableName, string)>();
        list.AddRange(await ListAsync(unread, "STREAMS", row => row["table_name"] is { Length: > 0 } on && SameTable(on, table.Name), row =>
        {
            streams.Add(new StreamFacts(new TableName(row["schema_name"], row["name"]), row["mode"].Equals("APPEND_ONLY", StringComparison.OrdinalIgnoreCase), row["comment"]));
            return new Attachment(AttachmentKind.Other, Title("stream", row), $"a stream on the table, {row["mode"]}")
            {
                CannotFollow = "it is bound to the table itself; after a SWAP it is stale, and what it has not handed over is lost.",
                Choice = DependentChoices.RecreateStreams,
                Remedy = "Consume it and say -RecreateStreams (command line: --recreate-streams): it is created anew after the exchange. Or say -Method Overwrite (--method overwrite), which keeps the table and the stream.",
                AtOverwrite = row["mode"].Equals("APPEND_ONLY", StringComparison.OrdinalIgnoreCase)
                    ? "it shows every row of the new content as added."
                    : "it shows every former row as deleted and every new row as added, beside what it has not handed over yet.",
            };
        }, token).ConfigureAwait(false));
        list.AddRange(await ListAsync(unread, "MATERIALIZED VIEWS", row => Reads(row["text"], table.Name), row =>
        {
            stored.Add((new TableName(row["schema_name"], row["name"]), row["text"]));
            return new Attachment(AttachmentKind.MaterializedView, Title("", row), "a materialized view over the table")
            {
                Columns = Named(row["text"], table),
                CannotFollow = "a SWAP suspends it, and it must be created anew.",
                Choice = DependentChoices.RecreateMaterializedViews,
                Remedy = "Say -RecreateMaterializedViews (command line: --recreate-materialized-views): it is created anew after the exchange, and the service fills it again at your cost. Or say -Method Overwrite (--method overwrite).",
                AtOverwrite = "the service brings it up to date with every row, at your cost; until then a query of it reads the table as well.",
            };
        }, token).ConfigureAwait(false));
        var remade = new List<RemadeFacts>();
        foreach (var (attachment, facts) in await RemadeAsync(table, unread, token).ConfigureAwait(false))
        {
            list.Add(attachment);
            if (facts is not null) remade.Add(facts);
        }
        list.AddRange(await ListAsync(unread, "VIEWS", row => !row.Is("is_materialized") && Reads(row["text"], table.Name), row => new Attachment(AttachmentKind.View, Title("", row), "reads the name")
        {
            Columns = Named(row["text"], table),
            SurvivesRetype = false,
            FixesColumns = Star().IsMatch(row["text"]),
        }, token).ConfigureAwait(false));
        list.AddRange(await ListAsync(unread, "TASKS", row => Reads(row["definition"], table.Name), row => new Attachment(AttachmentKind.Routine, Title("task", row), "uses the name"), token).ConfigureAwait(false));
        list.AddRange(table.Incoming.Select(k => new Attachment(AttachmentKind.IncomingForeignKey, k.IsNameless ? k.Table.ToString() : $"{k.Name} of {k.Table}", $"({string.Join(", ", k.Columns)}) REFERENCES ({string.Join(", ", k.TargetColumns)})")
        {
            Columns = k.TargetColumns,
            CannotFollow = k.Database.Length == 0 || k.Database == Database ? null : $"it lies in another database ({k.Database}).",
            Remedy = "Drop it there, and make it anew after the switch.",
        }));
        return table with { Attachments = [.. table.Attachments, .. list], Streams = [.. streams.Distinct()], StoredViews = [.. stored.Distinct()], Remade = remade };
    }

    /// <summary>Objects of a kind in the database that have to do with the table. What this role may not list, nobody can tell it.</summary>
    private async Task<IEnumerable<Attachment>> ListAsync(List<string> unread, string kind, Func<NamedRow, bool> concerns, Func<NamedRow, Attachment> describe, CancellationToken token) =>
        (await EachAsync(unread, kind, row => concerns(row) ? describe(row) : null, token).ConfigureAwait(false)).OfType<Attachment>();

    /// <summary>Every object of a kind in the database; schema by schema where one list would be cut off.</summary>
    private async Task<IReadOnlyList<T>> EachAsync<T>(List<string> unread, string kind, Func<NamedRow, T> read, CancellationToken token)
    {
        var name = kind.ToLowerInvariant();
        var rows = await OptionalAsync(unread, name, Sql.Write(Dialect, $"SHOW {new SqlText(kind)} IN DATABASE {new Id(Database)}"), read, token).ConfigureAwait(false);
        if (rows.Count < MostRows) return rows;

        var all = new List<T>();
        foreach (var schema in await session.ShowAsync(Sql.Write(Dialect, $"SHOW SCHEMAS IN DATABASE {new Id(Database)}"), row => row.Required("name"), token).ConfigureAwait(false))
        {
            var part = await OptionalAsync(unread, name, Sql.Write(Dialect, $"SHOW {new SqlText(kind)} IN SCHEMA {new Id(Database)}.{new Id(schema)}"), read, token).ConfigureAwait(false);
            if (part.Count >= MostRows) unread.Add(string.Create(CultureInfo.InvariantCulture, $"{name} of schema {schema} after the first {MostRows} (SHOW lists no more)"));
            all.AddRange(part);
        }
        return all;
    }

    private static string Title(string kind, NamedRow row) => $"{(kind.Length > 0 ? kind + " " : "")}{new TableName(row["schema_name"], row["name"])}";

    /// <summary>Whether a complete name, quoted where it needs to be, is this table's.</summary>
    private static bool SameTable(string complete, TableName name)
    {
        var parts = TableName.Parse(complete.Count(c => c == '.') > 1 ? complete[(complete.IndexOf('.', StringComparison.Ordinal) + 1)..] : complete, IdentifierFolding.Keep);
        return parts.Name == name.Name && (parts.Schema is null || parts.Schema == name.Schema);
    }

    /// <summary>Whether a text names the table: too often rather than too seldom.</summary>
    private static bool Reads(string text, TableName name) => Mentions(text, name.Name);

    private static List<string> Named(string text, SnowflakeTable table) =>
        Star().IsMatch(text) ? [.. table.Columns.Select(c => c.Name)] : [.. table.Columns.Select(c => c.Name).Where(c => Mentions(text, c))];

    private static bool Mentions(string text, string name)
    {
        for (var at = text.IndexOf(name, StringComparison.OrdinalIgnoreCase); at >= 0; at = text.IndexOf(name, at + 1, StringComparison.OrdinalIgnoreCase))
        {
            if ((at == 0 || !IsNamePart(text[at - 1])) && (at + name.Length == text.Length || !IsNamePart(text[at + name.Length]))) return true;
        }
        return false;
    }

    private static bool IsNamePart(char c) => char.IsLetterOrDigit(c) || c is '_' or '$';

    /// <summary>A star that stands for columns: after SELECT or a comma or a dot, and not a multiplication or COUNT(*).</summary>
    [GeneratedRegex(@"(\bselect(\s+(distinct|all))?|,)\s*(""[^""]*""\.|\w+\.)*\*", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Star();
}
