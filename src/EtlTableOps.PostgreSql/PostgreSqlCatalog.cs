using System.Data.Common;
using System.Globalization;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Tables;

namespace EtlTableOps.PostgreSql;

/// <summary>
/// Reads from the catalog what a table is and what hangs on it. The session has search_path at pg_catalog alone while it
/// reads: only then does the server print every other name with its schema.
/// </summary>
internal static partial class PostgreSqlCatalog
{
    /// <summary>Names of our own logs' triggers and tables begin with it; what carries it is no attachment.</summary>
    internal const string OurPrefix = "etltableops_";

    /// <summary>Whether a trigger of the user's may change the row before an update stores it: FOR EACH ROW, BEFORE, UPDATE (PostgreSQL's catalog/pg_trigger.h).</summary>
    internal static string ChangesRows(string trigger) => $"(NOT {trigger}.tgisinternal AND {trigger}.tgtype & 19 = 19)";

    private const string DropRemedy = "Drop it before, and make it again after the switch.";

    /// <summary>Reads a table; null when there is none of that name.</summary>
    /// <param name="session">A session whose search_path is pg_catalog.</param>
    /// <param name="name">The name, with its schema.</param>
    /// <param name="token">Cancels.</param>
    /// <exception cref="EtlException"><see cref="ErrorCode.NotATable"/>.</exception>
    public static async Task<TableShape?> ReadAsync(IEngineSession session, TableName name, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(name);
        var reader = new Reader(session, token);
        var found = await reader.FindAsync(name).ConfigureAwait(false);
        if (found is null) return null;
        if (found.Kind is not ('r' or 'p')) throw new EtlException(ErrorCode.NotATable, name, DescribeKind(found.Kind));
        return await reader.ReadAsync(found).ConfigureAwait(false);
    }

    private static string DescribeKind(char kind) => kind switch
    {
        'v' => "a view",
        'm' => "a materialized view",
        'f' => "a foreign table",
        'S' => "a sequence",
        'i' or 'I' => "an index",
        'c' => "a composite type",
        't' => "a TOAST table",
        _ => "something else",
    };

    private sealed record Found(long Oid, TableName Name, char Kind, bool IsPartition, bool Typed, bool Inherits, bool Temporary, string? Extension, bool HiddenRows, long Rows, long Bytes, string? Comment);

    /// <summary>One reading of one table.</summary>
    private sealed partial class Reader(IEngineSession session, CancellationToken token)
    {
        private readonly ISqlQuoting quoting = session.Dialect;
        private readonly int major = session.Dialect is PostgreSqlDialect dialect ? dialect.ServerMajor : 15;

        /// <summary>
        /// Since its releases of November 2026 the server keeps a version of its own among each column's options (<c>pg_attver</c>; pg_dump leaves it out too). What it
        /// notes by itself was never declared: it differs between any two tables, and another table's must not be set.
        /// </summary>
        private static readonly SqlText OptionIsDeclared = new("NOT starts_with(o.option_name, 'pg_')");

        private readonly List<Attachment> attachments = [];
        private readonly List<Follower> followers = [];
        private List<TableMember> members = [];
        private SqlText oids;

        public async Task<Found?> FindAsync(TableName name)
        {
            var where = name.Schema is { } schema
                ? SqlText.Write(quoting, $"n.nspname = {new SqlLiteral(schema)} AND c.relname = {new SqlLiteral(name.Name)}")
                : SqlText.Write(quoting, $"c.oid = to_regclass(quote_ident({new SqlLiteral(name.Name)}))");
            var rows = await RowsAsync(Sql.Write(quoting, $"""
                SELECT c.oid::bigint, n.nspname::text, c.relname::text, c.relkind::text, c.relispartition, c.reloftype <> 0,
                       EXISTS (SELECT FROM pg_inherits i WHERE c.relkind = 'r' AND NOT c.relispartition AND (i.inhrelid = c.oid OR i.inhparent = c.oid)),
                       c.relpersistence = 't',
                       (SELECT e.extname::text FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
                         WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_catalog.pg_extension'::regclass AND d.deptype = 'e'),
                       row_security_active(c.oid),
                       c.reltuples::bigint, CASE WHEN c.relkind = 'p' THEN (SELECT sum(pg_total_relation_size(t.relid))::bigint FROM pg_partition_tree(c.oid) t)
                                                 WHEN c.relkind = 'r' THEN pg_total_relation_size(c.oid) END,
                       obj_description(c.oid, 'pg_class')
                FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE {where}
                """), r => new Found(r.GetInt64(0), new TableName(r.GetString(1), r.GetString(2)), r.GetString(3)[0], r.GetBoolean(4), r.GetBoolean(5), r.GetBoolean(6),
                    r.GetBoolean(7), Text(r, 8), r.GetBoolean(9), r.GetInt64(10), r.IsDBNull(11) ? -1 : r.GetInt64(11), Text(r, 12))).ConfigureAwait(false);
            return rows.Count == 0 ? null : rows[0];
        }

        public async Task<PostgreSqlTable> ReadAsync(Found found)
        {
            RefuseOddTables(found);
            members = await MembersAsync(found).ConfigureAwait(false);
            oids = SqlText.Join(", ", members.Select(m => new SqlText(m.Oid.ToString(CultureInfo.InvariantCulture))));
            var (columns, facts) = await ColumnsAsync(found.Oid).ConfigureAwait(false);
            facts = await SequenceRightsAsync(found.Oid, facts).ConfigureAwait(false);
            await IndexesAsync().ConfigureAwait(false);
            await ChecksAsync().ConfigureAwait(false);
            await StatisticsAsync().ConfigureAwait(false);
            await GrantsAsync().ConfigureAwait(false);
            if (members.Count > 1) await PartitionColumnsAsync(found.Oid).ConfigureAwait(false);
            AttachOwn(columns, facts);

            // Followers come to the successor in the order in which they are read here.
            await OwnRightsAsync().ConfigureAwait(false);
            await SerialSequencesAsync().ConfigureAwait(false);
            var foreignKeys = await ForeignKeysAsync(incoming: false).ConfigureAwait(false);
            var incoming = await ForeignKeysAsync(incoming: true).ConfigureAwait(false);
            await TriggersAsync().ConfigureAwait(false);
            await PartitionTriggersAsync().ConfigureAwait(false);
            await RulesAsync().ConfigureAwait(false);
            await PoliciesAsync().ConfigureAwait(false);
            var views = await ViewsAsync().ConfigureAwait(false);
            await RoutinesAsync().ConfigureAwait(false);
            await PublicationsAsync().ConfigureAwait(false);
            await RowTypeUsersAsync().ConfigureAwait(false);
            await LabelsAsync().ConfigureAwait(false);
            await StrangersAsync().ConfigureAwait(false);

            var mark = Mark.TryParse(found.Comment);
            var comment = mark is null ? found.Comment : null;
            if (comment is not null) attachments.Add(new Attachment(AttachmentKind.Comment, "table", comment));
            return new PostgreSqlTable
            {
                Name = found.Name,
                ObjectId = found.Oid.ToString(CultureInfo.InvariantCulture),
                Columns = columns,
                Keys =
                [
                    .. members[0].Indexes.Where(i => i.RowKey.Count > 0)
                        .OrderByDescending(i => i.Constraint == 'p').ThenBy(i => i.RowKey.Count).ThenBy(i => i.Name, StringComparer.Ordinal)
                        .Select(i => new UniqueKey(i.Name, i.RowKey, i.Constraint == 'p')),
                ],
                Attachments = attachments,
                EstimatedRows = found.Kind == 'p' ? await PartitionRowsAsync().ConfigureAwait(false) : found.Rows,
                Bytes = found.Bytes,
                Mark = mark,
                Members = members,
                Facts = facts,
                Followers = followers,
                ForeignKeys = foreignKeys,
                IncomingForeignKeys = incoming,
                Views = views,
                Neighbours = await NeighboursAsync().ConfigureAwait(false),
                DefaultGrantees = await DefaultGranteesAsync(found.Oid, 'r').ConfigureAwait(false),
                DefaultSequenceGrantees = await DefaultGranteesAsync(found.Oid, 'S').ConfigureAwait(false),
                Comment = comment,
            };
        }

        private void RefuseOddTables(Found found)
        {
            if (found.IsPartition)
                Refuse(AttachmentKind.Partition, "of a partitioned table", "a partition belongs to its parent, whose rows pass through it.", "Name the partitioned table; its partitions are replaced with it.");
            if (found.Inherits)
                Refuse(AttachmentKind.Inheritance, "parent or child", "a table that inherits, or is inherited from, is not one table.", "Take it out with ALTER TABLE … NO INHERIT, or make it a partitioned table.");
            if (found.Typed)
                Refuse(AttachmentKind.Other, "OF type", "a typed table's columns are its type's.", "Free it with ALTER TABLE … NOT OF.");
            if (found.Temporary)
                Refuse(AttachmentKind.Other, "temporary table", "other sessions cannot see a temporary table.", "Use an ordinary table.");
            if (found.Extension is { } extension)
                Refuse(AttachmentKind.Other, $"extension {extension}", "the table belongs to an extension.", "Change it by the extension's own means.");
            if (found.HiddenRows)
                Refuse(AttachmentKind.Policy, "row security", "row security applies to you, so you may not see every row.", "Connect as the table's owner, or as a role with BYPASSRLS.");
        }

        private void Refuse(AttachmentKind kind, string name, string reason, string remedy, IReadOnlyList<string>? columns = null) =>
            attachments.Add(new Attachment(kind, name, "") { CannotFollow = reason, Remedy = remedy, Columns = columns ?? [] });

        private void RefuseForeign(AttachmentKind kind, string name, string owner, string what) =>
            Refuse(kind, name, $"only its owner {owner} can {what}.", $"Connect as a role that is a member of {owner}.");

        private Task<IReadOnlyList<T>> RowsAsync<T>(Sql sql, Func<DbDataReader, T> map) => session.QueryAsync(sql, map, token);

        private TableMember Member(long oid) => members.Find(m => m.Oid == oid)!;
    }

    private static string? Text(DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static string[] Texts(DbDataReader row, int column) => row.IsDBNull(column) ? [] : row.GetFieldValue<string[]>(column);

    private static char? Letter(DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column)[0];
}
