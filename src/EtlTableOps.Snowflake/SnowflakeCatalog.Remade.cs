using System.Text.RegularExpressions;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Switching;
using EtlTableOps.Tables;

namespace EtlTableOps.Snowflake;

/// <content>Pipes into the table and dynamic tables over it: what they are, and what it takes to make them anew as they are.</content>
internal sealed partial class SnowflakeCatalog
{
    private async Task<IReadOnlyList<(Attachment Attachment, RemadeFacts? Facts)>> RemadeAsync(SnowflakeTable table, List<string> unread, CancellationToken token)
    {
        var found = new List<(Attachment, RemadeFacts?)>();
        var tables = await EachAsync(unread, "DYNAMIC TABLES",
            row => (Name: NameOf(row), Text: row["text"], Owner: row["owner"], Comment: row["comment"], Stopped: row["scheduling_state"].Contains("SUSPENDED", StringComparison.OrdinalIgnoreCase)), token).ConfigureAwait(false);
        foreach (var one in tables.Where(t => Reads(t.Text, table.Name)))
        {
            var (facts, why) = await FactsAsync(DependentChoices.RecreateDynamicTables, one.Name, one.Owner, one.Comment, () => Task.FromResult(one.Stopped), token).ConfigureAwait(false);
            found.Add((new Attachment(AttachmentKind.Other, $"dynamic table {one.Name}", "a dynamic table over the table")
            {
                Columns = Named(one.Text, table),
                CannotFollow = $"its refresh goes by the table's own history, which a SWAP exchanges; it would have to be computed anew or fail.{why}",
                AtOverwrite = "its next refresh finds every row changed, or computes it anew.",
                Choice = facts?.Choice ?? DependentChoices.None,
                Remedy = facts is null
                    ? "Build with -Method Overwrite (command line: --method overwrite), which keeps the table. Or drop it before, and create it anew after the switch."
                    : "Say -RecreateDynamicTables (command line: --recreate-dynamic-tables): it is created anew after the exchange, and the service computes it again at your cost. Or say -Method Overwrite (--method overwrite).",
            }, facts));
        }
        var pipes = await EachAsync(unread, "PIPES",
            row => (Name: NameOf(row), Text: row["definition"], Owner: row["owner"], Comment: row["comment"]), token).ConfigureAwait(false);
        foreach (var one in pipes.Where(p => Reads(p.Text, table.Name)))
        {
            var (facts, why) = await FactsAsync(DependentChoices.RecreatePipes, one.Name, one.Owner, one.Comment, () => IsPausedAsync(one.Name, token), token).ConfigureAwait(false);
            found.Add((new Attachment(AttachmentKind.Other, $"pipe {one.Name}", "a pipe into the table")
            {
                Columns = [.. table.Columns.Select(c => c.Name).Where(c => Mentions(one.Text, c))],
                CannotFollow = $"files that it loads while the names are exchanged may go into either table.{why}",
                AtOverwrite = "it goes on loading into the same table.",
                Choice = facts?.Choice ?? DependentChoices.None,
                Remedy = facts is null
                    ? "Build with -Method Overwrite (command line: --method overwrite), which keeps the table. Or pause it (PIPE_EXECUTION_PAUSED = TRUE), wait until SYSTEM$PIPE_STATUS says PAUSED with 0 pending files, drop it, and create it anew after the switch."
                    : "Say -RecreatePipes (command line: --recreate-pipes): it is paused and drained before the exchange and created anew after it. It then forgets which files it has loaded. Or say -Method Overwrite (--method overwrite), which leaves it alone.",
            }, facts));
        }
        return found;
    }

    /// <summary>What it takes to make it anew; null where that cannot be done as it is, with the reason.</summary>
    private async Task<(RemadeFacts? Facts, string Why)> FactsAsync(DependentChoices choice, TableName name, string owner, string comment, Func<Task<bool>> isStopped, CancellationToken token)
    {
        if (owner != session.Facts.Role) return (null, $" It belongs to role {owner}, and made anew it would belong to role {session.Facts.Role}.");
        var facts = new RemadeFacts(choice, name, "", false, comment, []);
        var quoted = SqlText.Write(Dialect, $"{name}");
        try
        {
            var text = (await session.QueryAsync(Sql.Write(Dialect, $"SELECT GET_DDL({new SqlLiteral(facts.Kind.Replace(' ', '_'))}, {new SqlLiteral(quoted.Text)}, TRUE)"), r => r.GetString(0), token).ConfigureAwait(false)).FirstOrDefault("").Trim().TrimEnd(';');
            if (!Replacing().IsMatch(text)) return (null, " Its definition (GET_DDL) does not replace what is there.");
            var grants = await session.ShowAsync(Sql.Write(Dialect, $"SHOW GRANTS ON {new SqlText(facts.Kind)} {name}"),
                row => new GrantFacts(row["privilege"], row["granted_to"], row["grantee_name"], row.Is("grant_option")), token).ConfigureAwait(false);
            return (facts with { Text = text, Stopped = await isStopped().ConfigureAwait(false), Grants = [.. grants.Where(g => g.Privilege != "OWNERSHIP").Distinct()] }, "");
        }
        catch (EtlException e) when (e.Code is ErrorCode.StatementFailed or ErrorCode.NotPermitted)
        {
            return (null, $" Its definition could not be read ({(e.InnerException?.Message ?? e.Message).Split('\n')[0]}).");
        }
    }

    private async Task<bool> IsPausedAsync(TableName pipe, CancellationToken token) =>
        (await session.QueryAsync(Dialect.PipeStatus(pipe), r => r.GetString(0), token).ConfigureAwait(false)).FirstOrDefault("").Contains("\"PAUSED\"", StringComparison.OrdinalIgnoreCase);

    private static TableName NameOf(NamedRow row) => new(row["schema_name"], row["name"]);

    [GeneratedRegex(@"^create\s+or\s+replace\s", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Replacing();
}
