/** Short messages in the corner: what failed with what to do, and what was done when nothing else shows it. */
import { notifications } from "@mantine/notifications";
import { tell } from "./error-note.tsx";

export function toastError(title: string, error: unknown): void {
  const { message, hint } = tell(error);
  notifications.show({ title, message: hint ? `${message} ${hint}` : message, color: "red", autoClose: 9000 });
}

export const toast = (message: string): void => {
  notifications.show({ message, autoClose: 4000 });
};
