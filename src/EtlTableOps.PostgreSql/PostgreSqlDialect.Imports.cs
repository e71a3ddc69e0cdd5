using EtlTableOps.Engines;
using EtlTableOps.Feeds;
using EtlTableOps.Tables;

namespace EtlTableOps.PostgreSql;

/// <content>The notes of an import: the keys of the rows that came in.</content>
public sealed partial class PostgreSqlDialect : IImportNotes
{
    /// <inheritdoc/>
    public IImportNotes ImportNotes => this;

    /// <inheritdoc/>
    public IReadOnlyList<Sql> InstallNotes(ChangeLog notes, TableShape shadow)
    {
        ArgumentNullException.ThrowIfNull(notes);
        var keys = notes.Key.Select((c, i) => SqlText.Write(this, $"key_{i + 1} {new SqlText(c.Type)}{new SqlText(c.Collation is null ? "" : " COLLATE " + c.Collation)}"));
        return
        [
            Sql.Write(this, $"CREATE TABLE {notes.Log} ({keys}, PRIMARY KEY ({new SqlText(string.Join(", ", KeyNames(notes)))}))"),
            Sql.Write(this, $"REVOKE ALL ON TABLE {notes.Log} FROM PUBLIC"),
        ];
    }

    /// <inheritdoc/>
    public Sql? NoteOwnRows(ChangeLog notes)
    {
        ArgumentNullException.ThrowIfNull(notes);
        return Sql.Write(this, $"INSERT INTO {notes.Log} SELECT {Names(this, notes.Key.Select(c => c.Name))} FROM {notes.Watched} WHERE {OwnRows!.Value}");
    }

    /// <inheritdoc/>
    public Sql CountOverwritten(ChangeLog notes, TableShape shadow, ChangeLog feed)
    {
        ArgumentNullException.ThrowIfNull(notes);
        ArgumentNullException.ThrowIfNull(feed);
        var same = SqlText.Join(" AND ", KeyNames(notes).Select(k => new SqlText($"i.{k} = l.{k}")));
        var key = new SqlText($"concat_ws(', ', {string.Join(", ", KeyNames(notes, "i"))})");
        return Sql.Write(this, $"SELECT count(DISTINCT {key}), max({key}) FROM {feed.Log} AS l JOIN {notes.Log} AS i ON {same} WHERE l.seq > 0 AND l.seq <= @upto");
    }
}
