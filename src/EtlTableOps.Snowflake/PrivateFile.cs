using System.Buffers.Binary;
using System.Runtime.InteropServices;
using EtlTableOps.Errors;

namespace EtlTableOps.Snowflake;

/// <summary>
/// Reads a file that decides where we connect, or holds a secret. On Unix it is refused when somebody else could have written it; the driver
/// does the same for its own reading.
/// </summary>
internal static class PrivateFile
{
    private const string SkipVariable = "SF_SKIP_TOKEN_FILE_PERMISSIONS_VERIFICATION";

    /// <exception cref="EtlException"><see cref="ErrorCode.BadInput"/> when it is not there, not readable, or not private.</exception>
    public static string Read(string path, SnowflakeSurroundings surroundings)
    {
        try
        {
            // One handle for the check and the reading: a file exchanged in between would not be the one that was checked.
            using var file = File.OpenRead(path);
            if (!OperatingSystem.IsWindows() && !string.Equals(surroundings.Variable(SkipVariable), "true", StringComparison.OrdinalIgnoreCase)) Check(file, path);
            using var reader = new StreamReader(file);
            return reader.ReadToEnd();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new EtlException(ErrorCode.BadInput, e, $"The file {path} cannot be read: {e.Message}");
        }
    }

    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    private static void Check(FileStream file, string path)
    {
        if ((File.GetUnixFileMode(file.SafeFileHandle) & (UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)) != 0)
            throw new EtlException(ErrorCode.BadInput, $"The file {path} can be written by others than its owner, so what it says is not trusted. Run: chmod 600 '{path}'");
        // Root may be the owner: it can write the file in any case, and mounted secrets are its.
        if (Owner(file) is { } owner && owner != 0 && owner != geteuid())
            throw new EtlException(ErrorCode.BadInput, $"The file {path} belongs to another user, so what it says is not trusted. Copy it, or set {SkipVariable}=true to read it all the same.");
    }

    // .NET tells no owner. statx has one layout on every Linux; elsewhere the mode has to do.
    private static uint? Owner(FileStream file)
    {
        if (!OperatingSystem.IsLinux()) return null;
        const int EmptyPath = 0x1000;
        const uint WantOwner = 0x8;
        var status = new byte[256];
        try
        {
            var done = statx((int)file.SafeFileHandle.DangerousGetHandle(), "", EmptyPath, WantOwner, status) == 0;
            return done ? BinaryPrimitives.ReadUInt32LittleEndian(status.AsSpan(20)) : null;
        }
        catch (EntryPointNotFoundException)
        {
            // A C library older than the call.
            return null;
        }
    }

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int statx(int folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint mask, byte[] status);

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern uint geteuid();
}
